// Package ormtest saves forms through Cordon with other people's object-relational mappers. Each plays the same story on a database of its own, as a person under a row filter and masks: load, change a
// field, save, also with all columns; create, delete, relate, update many, upsert, roll back, try what is not allowed. Afterwards the database must hold, byte for byte, what testdata/story.sql says.
package ormtest
