package demo

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"time"
)

// Sizes of the tables, in rows.
const (
	Departments   = 8
	Employees     = 60
	Customers     = 50_000
	Contacts      = 70_000
	Opportunities = 40_000
	Contracts     = 15_000
	Tickets       = 30_000
	Interactions  = 100_000
	BankAccounts  = 20_000
)

// The numbers that tell the tables' random streams apart.
const (
	employeeRows = iota + 1
	customerRows
	contactRows
	opportunityRows
	contractRows
	ticketRows
	interactionRows
	bankAccountRows
)

// The data's present moment. Nothing reads a clock, so that every load is the same.
var today = time.Date(2026, 10, 31, 0, 0, 0, 0, time.UTC)

const (
	dateForm  = "2006-01-02"
	stampForm = "2006-01-02 15:04:05+00"
)

// daysBefore is the date up to that many days before today, as text.
func (r *random) daysBefore(most int) string {
	return today.AddDate(0, 0, -r.between(1, most)).Format(dateForm)
}

// stampBefore is a moment up to that many days before today, as text.
func (r *random) stampBefore(mostDays int) string {
	return today.Add(-time.Duration(r.intn(mostDays*86400)) * time.Second).Format(stampForm)
}

func (r *random) money(low, high int) string {
	return fmt.Sprintf("%d.%02d", r.between(low, high), r.intn(100))
}

var departments = [Departments + 1]struct {
	name   string
	parent any
}{
	{}, {"Management", nil}, {"Key Accounts", 1}, {"Sales West", 1}, {"Sales East", 1}, {"Support", 1}, {"Compliance", 1}, {"Finance", 1}, {"IT", 1},
}

func departmentRow(i int) []any { return []any{i, departments[i].name, departments[i].parent} }

// The employees who log in by name in the demonstration; the others are made up.
var staff = map[int]struct {
	name, login string
	department  int
	manager     any
	title       string
}{
	1:  {"Ines Castellan", "ines", 1, nil, "Managing Director"},
	2:  {"Tomasz Wrona", "tomasz", 3, 1, "Head of Sales West"},
	3:  {"周建明", "jianming", 4, 1, "Head of Sales East"},
	4:  {"Hanna Brandt", "hanna", 5, 1, "Head of Support"},
	5:  {"Bob Lindqvist", "bob", 2, 1, "Head of Key Accounts"},
	7:  {"Alice Meyer", "alice", 2, 5, "Account Manager"},
	9:  {"Erin Walsh", "erin", 5, 4, "Support Engineer"},
	11: {"Carol Ndiaye", "carol", 6, 1, "Compliance Officer"},
	12: {"Dana Petit", "dana", 8, 1, "Database Administrator"},
}

func employeeRow(i int) []any {
	r := seeded(employeeRows, i)
	salary, hired := r.money(3200, 9800), r.daysBefore(4000)
	phone := "+49 30 5550 " + fmt.Sprintf("%03d", i)
	if p, ok := staff[i]; ok {
		return []any{i, p.name, p.login, p.department, p.manager, p.title, p.login + "@cordon.example", phone, salary, hired, true}
	}
	given, family := pick(r, givenNames), pick(r, familyNames)
	login := fmt.Sprintf("%s%d", asciiLower(given), i)
	department, manager, title := 7, 1, titles[5]
	switch {
	case i <= 20:
		department, manager, title = 2, 5, titles[2]
	case i <= 34:
		department, manager, title = 3, 2, titles[i%2]
	case i <= 48:
		department, manager, title = 4, 3, titles[i%2]
	case i <= 56:
		department, manager, title = 5, 4, titles[3]
	}
	return []any{i, given + " " + family, login, department, manager, title, login + "@cordon.example", phone, salary, hired, !r.chance(5)}
}

// sellers are the employees who own customers.
var sellers = func() []int {
	ids := []int{5, 7}
	for i := 13; i <= 48; i++ {
		ids = append(ids, i)
	}
	return ids
}()

// supporters are the employees whom tickets are assigned to.
var supporters = []int{4, 9, 49, 50, 51, 52, 53, 54, 55, 56}

// customer is one row of public.customers, before it is written out.
type customer struct {
	id                       int
	kind, name, phone, email string
	idCard, birthday         any
	region                   string
	owner                    int
	limit, address           string
	profile                  string
	notes                    any
	created, updated         string
}

// allCustomers are the customers by id, from 1. The other tables refer to them so often that they are kept: some 25 MB.
var allCustomers = sync.OnceValue(func() []customer {
	all := make([]customer, Customers+1)
	for id := 1; id <= Customers; id++ {
		all[id] = makeCustomer(id)
	}
	return all
})

// customerAt is the customer with this id.
func customerAt(id int) *customer { return &allCustomers()[id] }

func makeCustomer(id int) customer {
	r := seeded(customerRows, id)
	c := customer{id: id, owner: pick(r, sellers), limit: fmt.Sprintf("%d.%02d", r.intn(250)*1000, r.intn(2)*50)}
	switch n := r.intn(100); {
	case n < 40:
		c.region = "CN"
	case n < 70:
		c.region = "EU"
	case n < 88:
		c.region = "US"
	default:
		c.region = "APAC"
	}
	c.kind = "person"
	if r.chance(18) {
		c.kind = "company"
	}
	latin, at := c.nameAndPlace(r)
	c.email = fmt.Sprintf("%s%d@%s.example", latin, id, pick(r, []string{"mail", "post", "corp", "inbox"}))
	c.address = at
	c.created = r.stampBefore(1500)
	c.updated = today.Add(-time.Duration(r.intn(30*86400)) * time.Second).Format(stampForm)
	if c.updated < c.created {
		c.updated = c.created
	}
	if r.chance(30) {
		c.notes = pick(r, notes)
		if r.chance(20) {
			c.notes = "Call " + c.phone + " before any visit."
		}
	}
	return c
}

// nameAndPlace fills what hangs together: name, phone, birthday, identity number, profile. It answers the name in ASCII, for e-mail addresses, and the address.
func (c *customer) nameAndPlace(r *random) (latin, address string) {
	var at place
	house := r.between(1, 280)
	birthday := time.Date(r.between(1950, 2005), time.Month(r.between(1, 12)), r.between(1, 28), 0, 0, 0, 0, time.UTC)
	emergency := ""
	if c.region == "CN" {
		at = pick(r, chinesePlaces)
		address = fmt.Sprintf("%s%s%d号", at.city, at.street, house)
		c.phone = "1" + pick(r, []string{"38", "39", "50", "58", "77", "86", "88", "99"}) + r.digits(8)
		emergency = "1" + pick(r, []string{"35", "37", "51", "59"}) + r.digits(8)
		family, given := pick(r, chineseFamily), pick(r, chineseGiven)
		c.name, latin = family.script+given.script, family.latin+"."+given.latin
		if c.kind == "company" {
			c.name = at.city[:6] + pick(r, chineseBrands) + pick(r, chineseTrades) + "有限公司"
		} else {
			// Month, day and serial number come from the id, so that no two people share a number.
			birthday = time.Date(birthday.Year(), time.Month(1+c.id%12), 1+c.id/12%28, 0, 0, 0, 0, time.UTC)
			c.idCard = idCard(at.code, birthday.Format("20060102"), c.id/336%1000)
		}
	} else {
		at = pick(r, places[c.region])
		address = fmt.Sprintf("%s %d, %s", at.street, house, at.city)
		prefix := map[string][]string{"EU": {"+49 151 ", "+33 6 ", "+34 612 ", "+48 501 "}, "US": {"+1 617 555 ", "+1 512 555 "}, "APAC": {"+65 9", "+81 90 ", "+61 4"}}[c.region]
		c.phone, emergency = pick(r, prefix)+r.digits(7), pick(r, prefix)+r.digits(7)
		given, family := pick(r, givenNames), pick(r, familyNames)
		c.name, latin = given+" "+family, asciiLower(given)+"."+asciiLower(family)
		if c.kind == "company" {
			c.name = pick(r, companyWords) + " " + pick(r, companyTrades) + " " + pick(r, companyForms[c.region])
		}
	}
	if c.kind == "person" {
		c.birthday = birthday.Format(dateForm)
	}
	profile := map[string]any{
		"phone":   c.phone,
		"address": map[string]any{"city": at.city, "street": fmt.Sprintf("%s %d", at.street, house)},
		"tags":    pick(r, [][]string{{}, {"vip"}, {"newsletter"}, {"vip", "newsletter"}}),
		"visits":  r.intn(40),
	}
	if c.kind == "person" {
		profile["emergency"] = map[string]any{"name": pick(r, givenNames), "phone": emergency}
	}
	text, err := json.Marshal(profile) // keys come out sorted
	if err != nil {
		panic(err) // strings, numbers and maps of them always marshal
	}
	c.profile = string(text)
	return latin, address
}

func customerRow(id int) []any {
	c := customerAt(id)
	return []any{c.id, c.kind, c.name, c.phone, c.idCard, c.email, c.region, c.owner, c.limit, c.birthday, c.address, c.profile, c.notes, c.created, c.updated}
}

func contactRow(id int) []any {
	r := seeded(contactRows, id)
	of := customerAt(r.between(1, Customers))
	family, given := pick(r, chineseFamily), pick(r, chineseGiven)
	name, latin, mobile := family.script+given.script, family.latin+"."+given.latin, "1"+pick(r, []string{"36", "52", "87"})+r.digits(8)
	if of.region != "CN" {
		first, last := pick(r, givenNames), pick(r, familyNames)
		name, latin, mobile = first+" "+last, asciiLower(first)+"."+asciiLower(last), "+44 7700 "+r.digits(6)
	}
	return []any{id, of.id, name, pick(r, positions), mobile, fmt.Sprintf("%s@firm%d.example", latin, of.id), r.chance(40)}
}

// opportunityAt answers the customer and owner of an opportunity, which its contract repeats.
func opportunityAt(id int) (r *random, of *customer) {
	r = seeded(opportunityRows, id)
	return r, customerAt(r.between(1, Customers))
}

var stages = []struct {
	name        string
	probability int
}{{"lead", 10}, {"qualified", 30}, {"offer", 60}, {"won", 100}, {"lost", 0}}

func opportunityRow(id int) []any {
	r, of := opportunityAt(id)
	stage := pick(r, stages)
	if id <= Contracts {
		stage = stages[3] // contracts follow from won opportunities
	}
	return []any{id, of.id, of.owner, pick(r, products) + " for " + of.name, stage.name, r.money(500, 250000), stage.probability,
		today.AddDate(0, 0, r.between(-200, 200)).Format(dateForm), r.stampBefore(600)}
}

func contractRow(id int) []any {
	_, of := opportunityAt(id)
	r := seeded(contractRows, id)
	signed := today.AddDate(0, 0, -r.between(1, 365))
	currency := map[string]string{"EU": "EUR", "US": "USD", "CN": "CNY", "APAC": "SGD"}[of.region]
	terms := fmt.Sprintf(`{"payment_days": %d, "renewal": %t}`, r.between(1, 9)*10, r.chance(50))
	return []any{id, fmt.Sprintf("C-%07d", id), of.id, id, signed.Format(dateForm), signed.AddDate(r.between(1, 3), 0, 0).Format(dateForm), r.money(1000, 400000), currency, terms}
}

func ticketRow(id int) []any {
	r := seeded(ticketRows, id)
	of := customerAt(r.between(1, Customers))
	opened := today.Add(-time.Duration(r.intn(365*86400)) * time.Second)
	status, closed := pick(r, []string{"open", "waiting"}), any(nil)
	if r.chance(85) {
		status, closed = "closed", opened.Add(time.Duration(r.between(1, 200))*time.Hour).Format(stampForm)
	}
	body := "The customer can be reached at " + of.phone + "."
	return []any{id, of.id, pick(r, supporters), pick(r, subjects), body, status, r.between(1, 5), opened.Format(stampForm), closed}
}

func interactionRow(id int) []any {
	r := seeded(interactionRows, id)
	of := customerAt(r.between(1, Customers))
	return []any{id, of.id, of.owner, pick(r, []string{"call", "mail", "visit", "chat"}), pick(r, summaries), r.stampBefore(364)}
}

func bankAccountRow(id int) []any {
	r := seeded(bankAccountRows, id)
	of := customerAt(1 + (id*Customers/BankAccounts-1)%Customers)
	bank := pick(r, banks[of.region])
	account := ""
	switch of.region {
	case "CN":
		account = luhn("6225" + r.digits(14))
	case "EU":
		account = iban("DE", r.digits(18))
	default:
		account = r.digits(12)
	}
	return []any{id, of.id, of.name, bank, account, r.money(0, 900000), r.daysBefore(3000)}
}

// asciiLower is a name as an e-mail address has it.
func asciiLower(s string) string {
	return strings.Map(func(c rune) rune {
		switch {
		case c >= 'a' && c <= 'z':
			return c
		case c >= 'A' && c <= 'Z':
			return c + 'a' - 'A'
		}
		if i := strings.IndexRune("áàâäãåéèêëíìîïıóòôöõøúùûüçłñşśżÅÉ", c); i >= 0 {
			return rune("aaaaaaeeeeiiiiioooooouuuuclnsszae"[len([]rune("áàâäãåéèêëíìîïıóòôöõøúùûüçłñşśżÅÉ"[:i]))])
		}
		return -1
	}, s)
}
