// Package policy turns a YAML policy into decisions: who may do what with which rows and columns of a table.
//
// [Parse] reads the whole file, or refuses it with every mistake at once, each as `file:line:col: sentence`. A [Policy] is immutable.
// [Policy.Bind] joins it with one person at one moment into a [Grant], and [Grant.Decide] answers for one table:
//
//	p, err := policy.Parse("policy.yaml", data)
//	g := p.Bind(p.Subject("alice", "crm_app", client, now))
//	d := g.Decide(policy.TableName{Schema: "public", Name: "customers"})
//	d.Verdict     // Denied, Raw or Restricted
//	d.RowsSQL()   // "owner_id = 7": the rule's row filter with the person's attributes in it
//
// Rules are read from the top; the first that fits the person, the table and the moment decides, as in pg_hba.conf.
// A table that some rule names, for a person whom no rule on it fits, is denied. What no rule names follows defaults.tables.
// The system schemas (pg_catalog, information_schema and all others whose names begin with pg_) are out of the reach of `*` as a schema
// and of defaults.tables: a rule reaches them only by writing the schema's name.
//
// A rule with `mode: observe` never changes what is enforced: the decision is the one that the other rules give, as if the observing rule were not
// written, and [Decision.Observed] holds what it would have decided.
//
// Nothing here reads a clock, opens a connection or writes a log. The only files read are the key files of hash masks, at load.
package policy
