-- Everything that loads faster once the rows are there.
SET ROLE crm_owner;

ALTER TABLE public.departments ADD PRIMARY KEY (id);
ALTER TABLE public.employees ADD PRIMARY KEY (id);
ALTER TABLE public.customers ADD PRIMARY KEY (id);
ALTER TABLE public.contacts ADD PRIMARY KEY (id);
ALTER TABLE public.opportunities ADD PRIMARY KEY (id);
ALTER TABLE public.contracts ADD PRIMARY KEY (id);
ALTER TABLE public.tickets ADD PRIMARY KEY (id);
ALTER TABLE public.interactions ADD PRIMARY KEY (id, happened_at);
ALTER TABLE finance.bank_accounts ADD PRIMARY KEY (id);

ALTER TABLE public.employees ADD UNIQUE (login);
ALTER TABLE public.contracts ADD UNIQUE (number);
CREATE UNIQUE INDEX customers_id_card_key ON public.customers (id_card);
CREATE INDEX customers_owner_id_idx ON public.customers (owner_id);
CREATE INDEX customers_phone_idx ON public.customers (phone);
CREATE INDEX customers_region_idx ON public.customers (region);
CREATE INDEX contacts_customer_id_idx ON public.contacts (customer_id);
CREATE INDEX opportunities_customer_id_idx ON public.opportunities (customer_id);
CREATE INDEX opportunities_owner_id_idx ON public.opportunities (owner_id);
CREATE INDEX contracts_customer_id_idx ON public.contracts (customer_id);
CREATE INDEX tickets_customer_id_idx ON public.tickets (customer_id);
CREATE INDEX tickets_assignee_id_idx ON public.tickets (assignee_id) WHERE status <> 'closed';
CREATE INDEX interactions_customer_id_idx ON public.interactions (customer_id);
CREATE INDEX bank_accounts_customer_id_idx ON finance.bank_accounts (customer_id);

ALTER TABLE public.departments ADD FOREIGN KEY (parent_id) REFERENCES public.departments;
ALTER TABLE public.employees ADD FOREIGN KEY (department_id) REFERENCES public.departments;
ALTER TABLE public.employees ADD FOREIGN KEY (manager_id) REFERENCES public.employees;
ALTER TABLE public.customers ADD FOREIGN KEY (owner_id) REFERENCES public.employees;
ALTER TABLE public.contacts ADD FOREIGN KEY (customer_id) REFERENCES public.customers ON DELETE CASCADE;
ALTER TABLE public.opportunities ADD FOREIGN KEY (customer_id) REFERENCES public.customers;
ALTER TABLE public.opportunities ADD FOREIGN KEY (owner_id) REFERENCES public.employees;
ALTER TABLE public.contracts ADD FOREIGN KEY (customer_id) REFERENCES public.customers;
ALTER TABLE public.contracts ADD FOREIGN KEY (opportunity_id) REFERENCES public.opportunities;
ALTER TABLE public.tickets ADD FOREIGN KEY (customer_id) REFERENCES public.customers;
ALTER TABLE public.tickets ADD FOREIGN KEY (assignee_id) REFERENCES public.employees;
ALTER TABLE public.interactions ADD FOREIGN KEY (customer_id) REFERENCES public.customers;
ALTER TABLE public.interactions ADD FOREIGN KEY (employee_id) REFERENCES public.employees;
ALTER TABLE finance.bank_accounts ADD FOREIGN KEY (customer_id) REFERENCES public.customers;

-- The rows came with their own ids: let the sequences go on from there.
SELECT pg_catalog.setval(pg_catalog.pg_get_serial_sequence('public.' || t, 'id'), 1000000)
FROM unnest(ARRAY['customers', 'contacts', 'opportunities', 'contracts', 'tickets', 'interactions']) AS t;
SELECT pg_catalog.setval(pg_catalog.pg_get_serial_sequence('finance.bank_accounts', 'id'), 1000000);
SELECT pg_catalog.setval('public.contract_number_seq', 1000000);

CREATE FUNCTION public.touch_updated_at() RETURNS trigger
    LANGUAGE plpgsql AS $$
BEGIN
    NEW.updated_at := now();
    RETURN NEW;
END
$$;
CREATE TRIGGER customers_touch BEFORE UPDATE ON public.customers
    FOR EACH ROW EXECUTE FUNCTION public.touch_updated_at();

-- A figure from 0 to 100 that says how good a customer is, without showing what it is made of.
CREATE FUNCTION public.customer_score(customer bigint) RETURNS integer
    LANGUAGE sql STABLE AS $$
    SELECT LEAST(100, 10
        + 15 * (SELECT count(*) FROM public.contracts c WHERE c.customer_id = customer)
        + 5 * (SELECT count(*) FROM public.opportunities o WHERE o.customer_id = customer AND o.stage = 'won')
        - 5 * (SELECT count(*) FROM public.tickets t WHERE t.customer_id = customer AND t.status <> 'closed'))::integer
$$;

CREATE VIEW public.customer_overview AS
    SELECT c.id, c.name, c.phone, c.region, e.name AS owner,
           (SELECT count(*) FROM public.tickets t WHERE t.customer_id = c.id AND t.status <> 'closed') AS open_tickets,
           (SELECT COALESCE(sum(o.amount), 0) FROM public.opportunities o WHERE o.customer_id = c.id AND o.stage IN ('lead', 'qualified', 'offer')) AS pipeline
    FROM public.customers c
    JOIN public.employees e ON e.id = c.owner_id;

CREATE MATERIALIZED VIEW public.revenue_by_region AS
    SELECT c.region, date_trunc('month', k.signed_on)::date AS month, k.currency, count(*) AS contracts, sum(k.amount) AS amount
    FROM public.contracts k
    JOIN public.customers c ON c.id = k.customer_id
    GROUP BY 1, 2, 3;
CREATE UNIQUE INDEX revenue_by_region_key ON public.revenue_by_region (region, month, currency);

GRANT USAGE ON SCHEMA public, finance TO crm;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public, finance TO crm;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public, finance TO crm;

ANALYZE public.departments, public.employees, public.customers, public.contacts, public.opportunities, public.contracts, public.tickets,
    public.interactions, finance.bank_accounts, public.revenue_by_region;

RESET ROLE;
