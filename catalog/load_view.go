package catalog

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// viewBatch is how many views one query reads. Printing a view locks what it reads until the end of the (sub-)transaction; the server has room for some thousands of locks.
const viewBatch = 1000

// maxViewFailures bounds how long locked views can hold up a load: so many times lock_timeout.
const maxViewFailures = 40

func (l *loader) loadViews() error {
	byOID := map[OID]*Relation{}
	var views []OID
	old := l.oldViews()
	for i, r := range l.c.relations {
		if r.OID < l.same.from || r.Kind != View && r.Kind != MaterializedView {
			continue
		}
		if was := old[r.OID]; was != nil && l.last.rules[r.OID] == l.snapshot.rules[r.OID] {
			if r != was {
				r.Definition, r.Reads, r.Calls = was.Definition, was.Reads, was.Calls
			}
			continue
		}
		if l.same.relations { // it is the last snapshot's
			copied := *r
			copied.Definition, copied.Reads, copied.Calls = "", nil, nil
			r, l.c.relations[i] = &copied, &copied
		}
		byOID[r.OID] = r
		views = append(views, r.OID)
	}
	l.printed = len(views) > 0
	slices.Sort(views)
	for batch := range slices.Chunk(views, viewBatch) {
		if err := l.loadViewBatch(byOID, batch); err != nil {
			return err
		}
	}
	return nil
}

// loadViewBatch reads some views in a sub-transaction of their own, which lets go of their locks and survives one that fails: then it tries each half.
func (l *loader) loadViewBatch(byOID map[OID]*Relation, batch []OID) error {
	undo := []string{"ROLLBACK TO SAVEPOINT cordon_views", "RELEASE SAVEPOINT cordon_views"}
	if l.flat {
		undo = nil
	} else if _, err := l.query(l.ctx, "SAVEPOINT cordon_views"); err != nil {
		return err
	}
	var list []byte
	for i, oid := range batch {
		if i > 0 {
			list = append(list, ',')
		}
		list = strconv.AppendUint(list, uint64(oid), 10)
	}
	rows, failed := l.rows(4, fmt.Sprintf(viewsQuery, list))
	if l.flat && failed != nil {
		return failed
	}
	for _, sql := range undo {
		if _, err := l.query(l.ctx, sql); err != nil {
			return errors.Join(failed, err)
		}
	}
	if failed != nil {
		if l.failures++; l.failures > maxViewFailures {
			return fmt.Errorf("too many views cannot be read: %w", failed)
		}
		if len(batch) == 1 {
			l.missing = true
			return nil
		}
		half := len(batch) / 2
		if err := l.loadViewBatch(byOID, batch[:half]); err != nil {
			return err
		}
		return l.loadViewBatch(byOID, batch[half:])
	}
	for _, row := range rows {
		if row[0] == nil {
			return errors.New("the server answered NULL")
		}
		oid, err := parseOID(*row[0])
		if err != nil {
			return err
		}
		r := byOID[oid]
		if r == nil {
			continue
		}
		if row[1] != nil {
			r.Definition = strings.TrimSuffix(strings.TrimSpace(*row[1]), ";")
		} else if r.Schema != PgCatalog {
			l.missing = true // dropped by someone since
		}
		if r.Reads, err = parseOIDs(row[2], oid); err != nil {
			return err
		}
		if r.Calls, err = parseOIDs(row[3], 0); err != nil {
			return err
		}
	}
	return nil
}
