package demo

// random is SplitMix64: a few lines whose output no library release can change, so that the data stay the same for as long as this file does.
type random uint64

// seeded starts the stream of one row of one table. Each row has a stream of its own, so that one table's length changes no other's rows.
func seeded(table uint64, row int) *random {
	r := random(table*0x9E3779B97F4A7C15 ^ uint64(row)*0xD1B54A32D192ED03)
	r.next()
	return &r
}

func (r *random) next() uint64 {
	*r += 0x9E3779B97F4A7C15
	z := uint64(*r)
	z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
	z = (z ^ z>>27) * 0x94D049BB133111EB
	return z ^ z>>31
}

// intn is a number from 0 to n-1.
func (r *random) intn(n int) int { return int(r.next() >> 1 % uint64(n)) }

// between is a number from low to high, both included.
func (r *random) between(low, high int) int { return low + r.intn(high-low+1) }

// chance is true in percent of 100 cases.
func (r *random) chance(percent int) bool { return r.intn(100) < percent }

// digits is n decimal digits.
func (r *random) digits(n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = '0' + byte(r.intn(10))
	}
	return string(b)
}

func pick[T any](r *random, from []T) T { return from[r.intn(len(from))] }
