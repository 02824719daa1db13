package rewrite

import (
	"slices"
	"strings"

	pg "github.com/pganalyze/pg_query_go/v5"

	"cordon/catalog"
	"cordon/policy"
)

// Changes of definitions, by people under rules who may: [ddl]. The policy knows tables, views and functions by name, so whoever could give these names to something else, or make himself somebody else,
// would be under no rule at all.

// changes writes the schema in front of the table that a statement changes, where another one stands behind it. The name of what a statement makes is not looked for, so it stays.
func (q *query) changes(statement any, n *pg.RangeVar) {
	switch statement.(type) {
	case *pg.AlterTableStmt, *pg.IndexStmt, *pg.RenameStmt, *pg.AlterObjectSchemaStmt:
		if rel := q.relationNamed(n); rel != nil {
			q.qualify(n, rel)
		}
	}
}

// ddl refuses to change the definition of what is protected: a constraint, an index or a new type is tried on every row, and a new name would be a new table to the policy.
func (q *query) ddl(n *pg.Node) {
	if q.trusted {
		return
	}
	like := map[*pg.RangeVar]bool{}
	eachNode(n.ProtoReflect(), func(m any) {
		if v, ok := m.(*pg.TableLikeClause); ok {
			like[v.Relation] = q.mayBeLike(v)
		}
	})
	cascades, ofType := false, false
	eachNode(n.ProtoReflect(), func(m any) {
		if v, ok := m.(interface{ GetRelation() *pg.RangeVar }); ok {
			q.changes(m, v.GetRelation())
		}
		switch v := m.(type) {
		case *pg.RangeVar:
			if !like[v] {
				q.definition(q.relationNamed(v), int(v.Location))
			}
		case *pg.SelectStmt: // of a policy, a default, a view in CREATE SCHEMA
			q.look(&pg.Node{Node: &pg.Node_SelectStmt{SelectStmt: v}})
		case *pg.FuncCall: // of a default, a constraint, an index: it would run later, unseen
			q.checkFunction(names(v.Funcname), nil, int(v.Location))
			if lastOf(v.Funcname) == "set_config" {
				q.defines = true
				q.setConfig(v, int(v.Location))
			}
		case *pg.A_Expr:
			if op := names(v.Name); len(op) > 0 {
				q.operator(op, info{}, info{}, int(v.Location))
			}
		case *pg.CreateTrigStmt, *pg.RuleStmt, *pg.LoadStmt:
			q.need(policy.MayRoutine, "routine")
		case *pg.DefineStmt: // an operator or aggregate runs its function wherever it stands: CREATE OPERATOR ~# (…, FUNCTION = ts_rewrite)
			switch v.Kind {
			case pg.ObjectType_OBJECT_COLLATION, pg.ObjectType_OBJECT_TSCONFIGURATION:
			default:
				q.need(policy.MayRoutine, "routine")
			}
		case *pg.CreateCastStmt, *pg.CreateOpClassStmt, *pg.AlterOpFamilyStmt, *pg.AlterOperatorStmt, *pg.CreateConversionStmt, *pg.CreateTransformStmt, *pg.CreatePLangStmt, *pg.CreateAmStmt, *pg.CreateEventTrigStmt,
			*pg.AlterTypeStmt, *pg.CreateRangeStmt, *pg.CreateExtensionStmt, *pg.AlterExtensionStmt, *pg.AlterExtensionContentsStmt:
			q.need(policy.MayRoutine, "routine")
		case *pg.CreateFdwStmt, *pg.AlterFdwStmt, *pg.CreateForeignServerStmt, *pg.AlterForeignServerStmt, *pg.CreateUserMappingStmt, *pg.AlterUserMappingStmt, *pg.CreateForeignTableStmt, *pg.ImportForeignSchemaStmt,
			*pg.CreateSubscriptionStmt, *pg.AlterSubscriptionStmt, *pg.CreatePublicationStmt, *pg.AlterPublicationStmt:
			q.refuseHint(-1, "42501", "Foreign tables, servers, publications and subscriptions are refused for people who do not have every table as it is: they reach this database past Cordon.", "An administrator can make them.")
		case *pg.CreateRoleStmt, *pg.AlterRoleStmt, *pg.AlterRoleSetStmt, *pg.DropRoleStmt, *pg.GrantRoleStmt, *pg.DropOwnedStmt, *pg.ReassignOwnedStmt:
			q.refuseRoles()
		case *pg.AlterSystemStmt, *pg.CreatedbStmt, *pg.AlterDatabaseStmt, *pg.AlterDatabaseRefreshCollStmt, *pg.AlterDatabaseSetStmt, *pg.DropdbStmt, *pg.CreateTableSpaceStmt, *pg.DropTableSpaceStmt,
			*pg.AlterTableSpaceOptionsStmt, *pg.AlterTableMoveAllStmt:
			q.refuseServer()
		case *pg.VacuumStmt:
			if len(v.Rels) == 0 {
				q.refuseVerbose(v.Options)
			}
		case *pg.ClusterStmt:
			if v.Relation == nil {
				q.refuseVerbose(v.Params)
			}
		case *pg.RenameStmt:
			q.rename(v)
		case *pg.AlterObjectSchemaStmt:
			q.moveToSchema(v)
		case *pg.AlterOwnerStmt: // a function that is SECURITY DEFINER runs as its owner
			q.renamed(v.ObjectType)
		case *pg.DropStmt:
			q.drop(v)
		case *pg.AlterDomainStmt: // a new constraint is tried on the values of every column
			q.definesType(v.TypeName)
		case *pg.AlterEnumStmt:
			if v.OldVal != "" { // a filter that names the label means other rows then
				q.definesType(v.TypeName)
			}
		case *pg.AlterTableCmd:
			cascades = cascades || v.Behavior == pg.DropBehavior_DROP_CASCADE
		case *pg.AlterTableStmt:
			ofType = ofType || v.Objtype == pg.ObjectType_OBJECT_TYPE
		}
	})
	if ofType && cascades {
		q.refuseHint(-1, "42501", "ALTER TYPE … CASCADE is refused for people who do not have every table as it is: it changes tables that it does not name.", "Ask an administrator.")
	}
}

// definesType refuses to change the definition of a type that a protected table has values of.
func (q *query) definesType(name []*pg.Node) {
	var t *catalog.Type
	parts := names(name)
	switch len(parts) {
	case 1:
		for _, schema := range q.path {
			if t = q.cat.TypeNamed(schema, parts[0]); t != nil {
				break
			}
		}
	case 2:
		t = q.cat.TypeNamed(parts[0], parts[1])
	}
	if t == nil {
		q.stale(-1, "42704", "type \""+strings.Join(parts, ".")+"\" does not exist")
		return
	}
	for _, rel := range q.cat.Relations() {
		if rel.Kind == catalog.View || isSystem(rel) {
			continue
		}
		for k := range rel.Columns {
			q.eachPart(rel.Columns[k].Type, func(part *catalog.Type) {
				if part.OID == t.OID {
					q.definition(rel, -1)
				}
			})
		}
	}
}

// mayBeLike says that CREATE TABLE … (LIKE t) takes no more of a table that the person reads than names and types of columns, which catalogs show too. Defaults, constraints and indexes would
// run their functions on whatever the person writes.
func (q *query) mayBeLike(n *pg.TableLikeClause) bool {
	const comments, compression, identity, storage = 1 << 0, 1 << 1, 1 << 5, 1 << 8 // TableLikeOption of parsenodes.h
	rel := q.relationNamed(n.Relation)
	if rel == nil || n.Options&^(comments|compression|identity|storage) != 0 {
		return false
	}
	d := q.decide(rel)
	return d != nil && d.Verdict != policy.Denied && d.Allow&policy.OpSelect != 0
}

// definition refuses to change what is protected.
func (q *query) definition(rel *catalog.Relation, loc int) {
	if rel == nil {
		return
	}
	if d := q.decide(rel); d != nil {
		q.denied(d, rel, loc, "the definition of a protected table can be changed only by someone who has it as it is")
	} else if rel.Kind == catalog.MaterializedView && q.readsProtected(rel, 0) { // an index on it is tried on every row
		q.refuseHint(loc, "42501", "permission denied for materialized view "+rel.Schema+"."+rel.Name+": it holds a copy of protected rows.", "An administrator can change it.")
	}
}

// refuseRoles: another role's password, or its membership, is another person.
func (q *query) refuseRoles() {
	q.refuseHint(-1, "42501", "Roles, their passwords, settings and memberships, and what they own, are not changed by people who do not have every table as it is: who speaks decides what the policy allows.", "Ask an administrator.")
}

// refuseServer: settings of the server run programs (archive_command), and other databases are read in other sessions.
func (q *query) refuseServer() {
	q.refuseHint(-1, "42501", "Settings of the server and of databases, databases and tablespaces are not changed by people who do not have every table as it is.", "Ask an administrator.")
}

// refuseVerbose: VACUUM, ANALYZE and CLUSTER without a table tell how many rows each table has.
func (q *query) refuseVerbose(options []*pg.Node) {
	for _, o := range options {
		if o.GetDefElem().GetDefname() == "verbose" {
			q.refuseHint(-1, "42501", "VERBOSE without a table is refused for people who do not have every table as it is: it counts the rows of every table.", "Name the tables, or leave VERBOSE out.")
		}
	}
}

// rename is ALTER … RENAME TO. The relation that it names, if any, has been looked at.
func (q *query) rename(n *pg.RenameStmt) {
	switch n.RenameType {
	case pg.ObjectType_OBJECT_ATTRIBUTE:
		if n.Behavior == pg.DropBehavior_DROP_CASCADE {
			q.refuseHint(-1, "42501", "ALTER TYPE … CASCADE is refused for people who do not have every table as it is: it changes tables that it does not name.", "Ask an administrator.")
		}
	case pg.ObjectType_OBJECT_SCHEMA:
		q.refuseHint(-1, "42501", "A schema is not renamed by people who do not have every table as it is: the policy knows what is in it by its name.", "Ask an administrator.")
	case pg.ObjectType_OBJECT_TABLE, pg.ObjectType_OBJECT_VIEW, pg.ObjectType_OBJECT_MATVIEW, pg.ObjectType_OBJECT_INDEX, pg.ObjectType_OBJECT_SEQUENCE, pg.ObjectType_OBJECT_FOREIGN_TABLE:
		if rel := q.relationNamed(n.Relation); rel != nil {
			q.ruledName(rel.Schema, n.Newname, int(n.Relation.Location))
		}
	default:
		q.renamed(n.RenameType)
	}
}

// moveToSchema is ALTER … SET SCHEMA.
func (q *query) moveToSchema(n *pg.AlterObjectSchemaStmt) {
	switch n.ObjectType {
	case pg.ObjectType_OBJECT_TABLE, pg.ObjectType_OBJECT_VIEW, pg.ObjectType_OBJECT_MATVIEW, pg.ObjectType_OBJECT_SEQUENCE, pg.ObjectType_OBJECT_FOREIGN_TABLE:
		q.ruledName(n.Newschema, n.Relation.GetRelname(), int(n.Relation.GetLocation()))
	default:
		q.renamed(n.ObjectType)
		q.ruledName(n.Newschema, "", -1)
	}
}

// renamed says by the kind of an object whether another name, schema or owner makes it something else: code is known by its name, to the policy and to the reviewed list.
func (q *query) renamed(kind pg.ObjectType) {
	switch kind {
	case pg.ObjectType_OBJECT_COLUMN, pg.ObjectType_OBJECT_ATTRIBUTE, pg.ObjectType_OBJECT_TABCONSTRAINT, pg.ObjectType_OBJECT_DOMCONSTRAINT, pg.ObjectType_OBJECT_TRIGGER, pg.ObjectType_OBJECT_POLICY,
		pg.ObjectType_OBJECT_RULE, pg.ObjectType_OBJECT_TYPE, pg.ObjectType_OBJECT_DOMAIN, pg.ObjectType_OBJECT_COLLATION, pg.ObjectType_OBJECT_STATISTIC_EXT, pg.ObjectType_OBJECT_SCHEMA,
		pg.ObjectType_OBJECT_TSCONFIGURATION, pg.ObjectType_OBJECT_TSDICTIONARY:
	case pg.ObjectType_OBJECT_ROLE:
		q.refuseRoles()
	case pg.ObjectType_OBJECT_DATABASE, pg.ObjectType_OBJECT_TABLESPACE:
		q.refuseServer()
	default:
		q.need(policy.MayRoutine, "routine")
	}
}

// makesView looks at the name that a view is given: a view that a rule names is not looked into, so it must not become another one.
func (q *query) makesView(n *pg.RangeVar) {
	if q.trusted || n == nil || n.Relpersistence == "t" {
		return
	}
	schemas := []string{n.Schemaname}
	if n.Schemaname == "" {
		schemas = q.path
	}
	for _, schema := range schemas {
		if schema == catalog.PgCatalog && n.Schemaname == "" {
			continue
		}
		q.definition(q.cat.Relation(schema, n.Relname), int(n.Location))
		q.ruledName(schema, n.Relname, int(n.Location))
	}
}

// ruledName refuses to give a name that means something by itself: one that a rule names, or one among PostgreSQL's own.
func (q *query) ruledName(schema, name string, loc int) {
	switch {
	case schema == catalog.PgCatalog || schema == "information_schema" || schema == "pg_toast":
		q.refuseHint(loc, "42501", "permission denied for schema "+schema+": people who do not have every table as it is make nothing there.", "Use another schema.")
	case q.in.Grant.NamesItself(policy.TableName{Schema: schema, Name: name}):
		q.refuseHint(loc, "42501", "permission denied to make "+schema+"."+name+": a rule of the policy names it, and is not for whatever else bears the name.", "Use another name.")
	}
}

// alone says that nothing else depends on the relation of a name, or that there is none: dbt says DROP TABLE IF EXISTS … CASCADE of what it makes.
func (q *query) alone(parts []string) bool {
	var rel *catalog.Relation
	switch len(parts) {
	case 1:
		if q.in.Temp[parts[0]] != nil {
			return true // what depends on it is temporary too
		}
		rel = q.cat.Resolve(parts[0], q.path)
	case 2:
		rel = q.cat.Relation(parts[0], parts[1])
	default:
		return false
	}
	if rel == nil {
		return true
	}
	row := map[catalog.OID]bool{}
	for _, t := range q.cat.Types() {
		if t.Relation == rel.OID {
			row[t.OID], row[t.Array] = true, t.Array != 0
		}
	}
	for _, r := range q.cat.Relations() {
		if r == rel {
			continue
		}
		if slices.Contains(r.Reads, rel.OID) && (r.Kind != catalog.Sequence || len(r.Reads) > 1) || (r.Kind == catalog.View || r.Kind == catalog.MaterializedView) && r.Definition == "" && !isSystem(r) ||
			slices.ContainsFunc(r.ForeignKeys, func(k catalog.ForeignKey) bool { return k.Table == rel.OID }) || slices.ContainsFunc(r.Columns, func(c catalog.Column) bool { return row[c.Type] }) {
			return false
		}
	}
	for _, f := range q.cat.AllFunctions() {
		if row[f.Returns] || slices.ContainsFunc(f.Args, func(t catalog.OID) bool { return row[t] }) {
			return false
		}
	}
	return len(q.cat.Children(rel)) == 0
}

// drop looks at what DROP names.
func (q *query) drop(n *pg.DropStmt) {
	alone := n.RemoveType == pg.ObjectType_OBJECT_TABLE || n.RemoveType == pg.ObjectType_OBJECT_VIEW
	for _, o := range n.Objects {
		parts := names(o.GetList().GetItems())
		if len(parts) > 0 {
			alone = alone && q.alone(parts)
		}
		switch n.RemoveType {
		case pg.ObjectType_OBJECT_TRIGGER, pg.ObjectType_OBJECT_RULE, pg.ObjectType_OBJECT_POLICY: // the last part is its own name
			parts = parts[:max(0, len(parts)-1)]
		}
		switch len(parts) {
		case 1:
			q.definition(q.cat.Resolve(parts[0], q.path), -1)
		case 2:
			q.definition(q.cat.Relation(parts[0], parts[1]), -1)
		}
	}
	if n.Behavior == pg.DropBehavior_DROP_CASCADE && !alone {
		q.refuseHint(-1, "42501", "DROP … CASCADE is refused for people who do not have every table as it is: it reaches objects that it does not name.", "Name the objects.")
	}
}
