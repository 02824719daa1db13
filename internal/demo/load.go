package demo

import (
	"bufio"
	"context"
	_ "embed"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

var (
	//go:embed sql/roles.sql
	rolesSQL string
	//go:embed sql/schema.sql
	schemaSQL string
	//go:embed sql/constraints.sql
	constraintsSQL string
)

// table is one table's data: rows from 1 to count.
type table struct {
	name    string
	columns string
	count   int
	row     func(i int) []any
}

var tables = []table{
	{"public.departments", "id, name, parent_id", Departments, departmentRow},
	{"public.employees", "id, name, login, department_id, manager_id, title, email, phone, salary, hired_on, active", Employees, employeeRow},
	{"public.customers", "id, kind, name, phone, id_card, email, region, owner_id, credit_limit, birthday, address, profile, notes, created_at, updated_at", Customers, customerRow},
	{"public.contacts", "id, customer_id, name, position, mobile, email, is_primary", Contacts, contactRow},
	{"public.opportunities", "id, customer_id, owner_id, title, stage, amount, probability, expected_close, created_at", Opportunities, opportunityRow},
	{"public.contracts", "id, number, customer_id, opportunity_id, signed_on, ends_on, amount, currency, terms", Contracts, contractRow},
	{"public.tickets", "id, customer_id, assignee_id, subject, body, status, priority, opened_at, closed_at", Tickets, ticketRow},
	{"public.interactions", "id, customer_id, employee_id, channel, summary, happened_at", Interactions, interactionRow},
	{"finance.bank_accounts", "id, customer_id, holder, bank, account, balance, opened_on", BankAccounts, bankAccountRow},
}

// copyStatement is the COPY that takes the table's rows in text format.
func (t table) copyStatement() string {
	return "COPY " + t.name + " (" + t.columns + ") FROM STDIN"
}

// writeRows writes the rows in COPY's text format.
func (t table) writeRows(w *bufio.Writer) error {
	var line []byte
	for i := 1; i <= t.count; i++ {
		line = line[:0]
		for n, value := range t.row(i) {
			if n > 0 {
				line = append(line, '\t')
			}
			line = appendCopyText(line, value)
		}
		line = append(line, '\n')
		if _, err := w.Write(line); err != nil {
			return err
		}
	}
	return nil
}

// copyEscapes are the bytes that mean something in COPY's text format.
var copyEscapes = strings.NewReplacer("\\", `\\`, "\t", `\t`, "\n", `\n`, "\r", `\r`)

func appendCopyText(dst []byte, value any) []byte {
	switch v := value.(type) {
	case nil:
		return append(dst, `\N`...)
	case int:
		return strconv.AppendInt(dst, int64(v), 10)
	case bool:
		return strconv.AppendBool(dst, v)[:len(dst)+1] // t or f
	case string:
		return append(dst, copyEscapes.Replace(v)...)
	default:
		panic(fmt.Sprintf("demo: a column of type %T", value))
	}
}

// WriteSQL writes everything as one script for psql: roles, schema, rows, constraints. It is the same at every call.
func WriteSQL(w io.Writer) error {
	out := bufio.NewWriterSize(w, 1<<16)
	out.WriteString("\\set ON_ERROR_STOP on\nSET client_encoding = 'UTF8';\nSET client_min_messages = warning;\n")
	out.WriteString(rolesSQL)
	out.WriteString(schemaSQL)
	for _, t := range tables {
		fmt.Fprintf(out, "%s;\n", t.copyStatement())
		if err := t.writeRows(out); err != nil {
			return err
		}
		out.WriteString("\\.\n\n")
	}
	out.WriteString(constraintsSQL)
	return out.Flush()
}

// Load puts the same into the database that conn is connected to, as a superuser.
func Load(ctx context.Context, conn *pgconn.PgConn) error {
	if err := execute(ctx, conn, "roles", "SET client_min_messages = warning;\n"+rolesSQL); err != nil {
		return err
	}
	if err := execute(ctx, conn, "schema", schemaSQL); err != nil {
		return err
	}
	for _, t := range tables {
		if err := t.load(ctx, conn); err != nil {
			return fmt.Errorf("load %s: %w", t.name, err)
		}
	}
	return execute(ctx, conn, "constraints", constraintsSQL)
}

func execute(ctx context.Context, conn *pgconn.PgConn, what, sql string) error {
	if _, err := conn.Exec(ctx, sql).ReadAll(); err != nil {
		return fmt.Errorf("run %s.sql: %w", what, err)
	}
	return nil
}

// load copies one table's rows in. The writing goroutine ends before load does: closing the reader's end stops it.
func (t table) load(ctx context.Context, conn *pgconn.PgConn) error {
	reader, writer := io.Pipe()
	done := make(chan struct{})
	go func() {
		defer close(done)
		out := bufio.NewWriterSize(writer, 1<<16)
		err := t.writeRows(out)
		if err == nil {
			err = out.Flush()
		}
		writer.CloseWithError(err) // nil is io.EOF to the reader
	}()
	tag, err := conn.CopyFrom(ctx, reader, t.copyStatement())
	reader.Close()
	<-done
	if err == nil && tag.RowsAffected() != int64(t.count) {
		err = fmt.Errorf("%d rows arrived, %d were sent", tag.RowsAffected(), t.count)
	}
	return err
}
