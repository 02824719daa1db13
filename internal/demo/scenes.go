package demo

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// cast are the customers whom the scenes are about.
type cast struct {
	hers      string // a Chinese customer of Alice's
	hersPhone string
	colleague string // a customer of a colleague in her department
	helped    string // a customer of another department, whom Erin is helping
}

// findCast looks them up in the database itself: whoever changes the generator need not change the scenes.
func findCast(ctx context.Context, conn *pgconn.PgConn) (cast, error) {
	a, err := ask(ctx, conn, `
WITH helped AS (SELECT customer_id FROM tickets WHERE assignee_id = 9 AND status <> 'closed'),
     seen AS (SELECT c.*, e.department_id, c.id IN (SELECT customer_id FROM helped) AS helped FROM customers c JOIN employees e ON e.id = c.owner_id WHERE kind = 'person')
SELECT (SELECT id || ' ' || phone FROM seen WHERE owner_id = 7 AND region = 'CN' AND NOT helped AND credit_limit > 10000 ORDER BY id LIMIT 1),
       (SELECT id FROM seen WHERE owner_id <> 7 AND department_id = 2 AND region = 'CN' AND NOT helped ORDER BY id LIMIT 1),
       (SELECT id FROM seen WHERE department_id <> 2 AND region = 'CN' AND helped ORDER BY id LIMIT 1)`)
	if err == nil {
		err = a.err
	}
	if err != nil {
		return cast{}, fmt.Errorf("choose customers: %w", err)
	}
	row := a.rows[0]
	id, phone, _ := strings.Cut(row[0], " ")
	return cast{hers: id, hersPhone: phone, colleague: row[1], helped: row[2]}, nil
}

// masked is a phone number as the policy's mask shows it.
func masked(phone string) string {
	return phone[:3] + strings.Repeat("*", len(phone)-7) + phone[len(phone)-4:]
}

// play runs the scenes. The people are logged in through Cordon.
func (s *stage) play(ctx context.Context, c cast, group []person, shared person) error {
	byLogin := map[string]person{"crm_app": shared}
	for _, p := range group {
		byLogin[p.login] = p
	}
	for _, step := range []func() error{
		func() error {
			s.title("1. The same statement, four people")
			s.say("Alice sees her own customers, her manager those of the department, support everybody's but little of them, compliance everything.")
			return s.compare(ctx, group, "SELECT id, name, phone, email, id_card, birthday, credit_limit, profile->>'phone' AS \"in profile\"\nFROM customers WHERE id IN ("+strings.Join([]string{c.hers, c.colleague, c.helped}, ", ")+") ORDER BY id", byKey)
		},
		func() error {
			s.title("2. What is masked cannot be asked for, joined on or sorted by either")
			return s.compare(ctx, group, "SELECT count(*) AS customers, sum(credit_limit) AS credit,\n       count(*) FILTER (WHERE substr(id_card, 7, 4) = '1987') AS \"born in 1987\",\n       max(length(profile->'emergency'->>'phone')) AS emergency\nFROM customers", single)
		},
		func() error {
			s.title("3. But a clerk who types the whole number finds the customer")
			return s.compare(ctx, group, "SELECT id, name, phone FROM customers WHERE phone = '"+c.hersPhone+"'", byKey)
		},
		func() error {
			s.say("")
			s.say("A part of it finds nothing but what is shown anyway.")
			return s.compare(ctx, group, "SELECT count(*) FROM customers WHERE phone LIKE '"+c.hersPhone[:7]+"%'", single)
		},
		func() error {
			s.title("4. Another table, other rules")
			return s.compare(ctx, group, "SELECT c.name, b.bank, b.account, b.balance\nFROM customers c JOIN finance.bank_accounts b ON b.customer_id = c.id ORDER BY b.balance DESC LIMIT 1", single)
		},
		func() error {
			s.title("5. A form that loaded the masked number saves it: the real one stays")
			alice := byLogin["alice"]
			update := "UPDATE customers SET phone = '" + masked(c.hersPhone) + "', address = 'Moved to a new office' WHERE id = " + c.hers
			if err := s.one(ctx, alice, update); err != nil {
				return err
			}
			return s.one(ctx, byLogin["carol"], "SELECT phone, address FROM customers WHERE id = "+c.hers)
		},
		func() error {
			s.title("6. Carrying the table away")
			if err := s.compare(ctx, group, "SELECT * FROM customers", amount); err != nil {
				return err
			}
			if err := s.one(ctx, byLogin["alice"], "COPY (SELECT name, phone FROM customers) TO STDOUT"); err != nil {
				return err
			}
			s.say("")
			s.say("A page of it is everyday work:")
			return s.compare(ctx, group, "SELECT * FROM customers ORDER BY id LIMIT 50", amount)
		},
		func() error {
			s.title("7. The CRM's shared login speaks for whoever sits before it")
			for _, sql := range []string{"SELECT count(*) FROM customers", "SET cordon.user = 'alice'", "SELECT count(*) FROM customers", "RESET cordon.user", "/* user='bob' */ SELECT count(*) FROM customers"} {
				if err := s.one(ctx, shared, sql); err != nil {
					return err
				}
			}
			s.say("")
			s.say("Nobody else may:")
			return s.one(ctx, byLogin["alice"], "SET cordon.user = 'carol'")
		},
	} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}
