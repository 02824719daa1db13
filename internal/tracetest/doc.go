// Package tracetest replays a real CRM's statements, recorded from a Tryton server, through Cordon and beside it.
//
// testdata/traces holds the database at the end of the recording and the 6,856 statements in the order in which the server saw them. For a person under rules every SELECT must answer as the same
// statement over hand-written views does; for a person without rules every statement, writes included, must answer byte for byte as without Cordon.
package tracetest
