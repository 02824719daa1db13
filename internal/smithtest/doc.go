// Package smithtest lets sqlsmith, which makes up SQL of its own, loose on a restricted person's session, and reads all that comes back for hidden values.
package smithtest
