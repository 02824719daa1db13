"""What a Tryton does with its parties, by its own API. usage: tryton.py seed|work database"""
import sys
from decimal import Decimal

from proteus import Model, config

what, uri, conf = sys.argv[1:]
config.set_trytond(uri, user='admin', config_file=conf)
Party, Lead, Company, Currency = (Model.get(n) for n in ('party.party', 'sale.opportunity', 'company.company', 'currency.currency'))


def say(title):
    print('==', title)
    for party in Party.find([], order=[('name', 'ASC')]):
        print(party.name, [m.type + ' ' + str(m.value) for m in sorted(party.contact_mechanisms, key=lambda m: m.id)])


def party(name, phone, email=None):
    p = Party(name=name)
    p.contact_mechanisms.new(type='phone', value=phone)
    if email:
        p.contact_mechanisms.new(type='email', value=email)
    p.save()
    return p


if what == 'seed':
    for n in range(3):
        party('Customer %d' % n, '+861380013800%d' % n, 'c%d@corp.example' % n)
    for n in range(2):
        party('Hidden %d' % n, '+861390013900%d' % n)
    currency = Currency(name='Euro', symbol='€', code='EUR')
    currency.rates.new(rate=Decimal(1))
    currency.save()
    own = Party(name='Our company')
    own.save()
    company = Company(party=own, currency=currency)
    company.save()
    User = Model.get('res.user')
    admin = User(1)
    admin.companies.append(company)
    admin.company = company
    admin.save()
else:
    config._CONFIG.current.set_context(Model.get('res.user').get_preferences(True, {}))
    say('parties')
    print('found by name', [p.name for p in Party.find([('name', 'like', '%0')])])
    print('found by number', [p.name for p in Party.find([('contact_mechanisms.value', 'like', '+86139%')])])
    print('counted', len(Party.find([])), 'parties', len(Model.get('party.contact_mechanism').find([])), 'contact mechanisms')
    first, = Party.find([('name', '=', 'Customer 0')])
    first.name = 'Customer 0, renamed'
    first.contact_mechanisms[0].comment = 'ask for Ms Wang'
    first.save()
    new = party('Customer new', '+8613700137000')
    lead = Lead(party=new, description='Chairs', amount=None)
    lead.save()
    print('leads', [(o.party.name, o.description, o.state) for o in Lead.find([])])
    gone, = Party.find([('name', '=', 'Customer 2')])
    gone.delete()
    say('afterwards')
