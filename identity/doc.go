// Package identity says who is speaking: from a login and what a statement carries to the person, and the person's roles and attributes.
//
// A login is the person of its own name, unless the policy declares it as speaking for others (on_behalf_of). From such a login alone, the person comes per
// statement from a cordon.* setting ([Settings] follows it as PostgreSQL would) or from an SQL comment (parse.Comments); [Resolve] joins the two.
// Everything here is pure: no clock, no connection, no log.
package identity
