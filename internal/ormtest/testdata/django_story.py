import sys
from urllib.parse import urlparse

import django
from django.conf import settings

url = urlparse(sys.argv[1])
settings.configure(
    DATABASES={"default": {"ENGINE": "django.db.backends.postgresql", "NAME": url.path[1:], "USER": url.username, "HOST": url.hostname, "PORT": url.port}},
    INSTALLED_APPS=[], USE_TZ=True, DEFAULT_AUTO_FIELD="django.db.models.BigAutoField")
django.setup()

from django.db import connection, models, transaction, ProgrammingError


class Customer(models.Model):
    owner_id = models.IntegerField(default=7)
    name = models.CharField(max_length=80)
    phone = models.CharField(max_length=20, null=True)
    email = models.CharField(max_length=120, null=True)
    id_card = models.CharField(max_length=18, null=True)
    birthday = models.DateField(null=True)
    credit = models.DecimalField(max_digits=12, decimal_places=2, null=True)
    profile = models.JSONField(null=True)
    note = models.TextField(null=True)
    active = models.BooleanField(default=True)
    created_at = models.DateTimeField()

    class Meta:
        app_label = "story"
        db_table = "customers"


class Order(models.Model):
    customer = models.ForeignKey(Customer, on_delete=models.DO_NOTHING, related_name="orders")
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    status = models.CharField(max_length=20, default="new")

    class Meta:
        app_label = "story"
        db_table = "orders"


import datetime

FIELDS = [f.attname for f in Customer._meta.concrete_fields if f.attname != "id"]
c = Customer.objects.get(pk=7)
c.name = "Renamed"
c.save(update_fields=["name"])
c = Customer.objects.get(pk=17)
c.note = "all columns"
c.save()
rows = list(Customer.objects.order_by("id"))
print(len(rows), rows[1].phone, rows[1].email, rows[1].id_card, rows[1].birthday, rows[1].credit, rows[1].profile)
for c in rows:
    c.save()
Customer.objects.bulk_update(rows, FIELDS)
c = Customer.objects.get(pk=27)
c.phone = "13900001111"
c.save()
c = Customer.objects.create(name="Created", phone="13712345678", email="created@corp.cn", credit="1234.56", profile={"phone": "13700000000"}, created_at=datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc))
c.orders.create(amount="12.50")
c.refresh_from_db()
print(c.id, c.phone, [o.status for o in c.orders.all()])
c = Customer.objects.get(pk=37)
c.orders.order_by("id")[0].delete()
c.orders.update(status="paid")
c = Customer.objects.get(pk=47)
Customer.objects.update_or_create(pk=47, defaults={**{f: getattr(c, f) for f in FIELDS}, "name": "Upserted"})
with connection.cursor() as cursor:  # this version's bulk_create knows DO NOTHING alone
    names = ["id"] + FIELDS
    import json
    values = [getattr(Customer.objects.get(pk=47), n) for n in names]
    cursor.execute("INSERT INTO customers (%s) VALUES (%s) ON CONFLICT (id) DO UPDATE SET %s" % (", ".join(names), ", ".join(["%s"] * len(names)), ", ".join("%s = EXCLUDED.%s" % (n, n) for n in FIELDS)),
                   [json.dumps(v) if isinstance(v, dict) else v for v in values])
Customer.objects.bulk_create([Customer.objects.get(pk=47)], ignore_conflicts=True)
try:
    with transaction.atomic():
        Customer.objects.filter(pk=57).update(name="rolled back")
        raise KeyError
except KeyError:
    pass
with transaction.atomic():
    c = Customer.objects.select_for_update().get(pk=57)
    c.note = "committed"
    c.save()
c = Customer.objects.get(pk=67)
c.owner_id = 8
try:
    with transaction.atomic():
        c.save()
    print("not refused")
except ProgrammingError as e:
    print("refused", e.__cause__.pgcode)
print(Customer.objects.filter(pk=8).first())
print(Customer.objects.filter(pk=8).update(name="x"), Order.objects.filter(customer_id=8).delete()[0])
Customer.objects.filter(pk__in=[77, 87, 97]).update(note="many")
c = Customer.objects.get(pk=97)
c.email = None
c.id_card = "440301199001011234"
c.save()
