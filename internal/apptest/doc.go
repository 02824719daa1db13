// Package apptest runs whole applications through Cordon, under a policy that filters and masks their customers.
package apptest
