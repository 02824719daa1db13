package mark

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

var testKey = Key{1, 2, 3}

func export(n int) Export { return Export{Request: [5]byte{byte(n >> 8), byte(n), 7, 9, 11}, Use: 1} }

func TestInterpolationFindsTheNumber(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 200 {
		var number [numberBytes]byte
		for i := range number {
			number[i] = byte(r.Uint32())
		}
		var six [numberBytes]seen
		for i, p := range r.Perm(256)[:numberBytes] {
			six[i] = seen{byte(p), value(&number, byte(p))}
		}
		if got := interpolate(&six); got != number {
			t.Fatalf("%x, not %x", got, number)
		}
	}
}

// A mark changes nothing that is seen, keeps to its room, and stays out of texts that it would disturb.
func TestText(t *testing.T) {
	m := New(testKey, export(1))
	for _, c := range []struct {
		text   string
		most   int
		marked bool
	}{
		{"张伟", 0, true}, {"Zhang Wei", 0, true}, {"Zhang Wei", 13, true}, {"Zhang Wei", 12, false}, {"李", 0, false}, {"", 0, false}, {"a-b", 0, false},
		{"محمد", 0, false}, {"👩\u200d👧 x", 0, false}, {"a\xffbc", 0, false}, {"Ünïcödé", 0, true}, {"ab\u0301", 0, true}, {"12", 0, true}, {strings.Repeat("长", 10_000), 0, true},
	} {
		out, marked := m.Text([]byte("x"), []byte(c.text), c.most)
		got := string(out[1:])
		if marked != c.marked || !marked && got != c.text {
			t.Errorf("%q: %v %q", c.text, marked, got)
		}
		if !marked {
			continue
		}
		if plain := string(Normal(nil, []byte(got))); plain != string(Normal(nil, []byte(c.text))) || utf8.RuneCountInString(got) != utf8.RuneCountInString(c.text)+perMark || !utf8.ValidString(got) {
			t.Errorf("%q: %q", c.text, got)
		}
		if digit([]rune(got)[0]) >= 0 || digit([]rune(got)[utf8.RuneCountInString(got)-1]) >= 0 {
			t.Errorf("%q: a mark at an end: %q", c.text, got)
		}
		if _, ok := read(got); !ok {
			t.Errorf("%q is not read again", got)
		}
	}
}

func TestSample(t *testing.T) {
	m := New(testKey, export(1))
	for i := range 20_000 {
		m.Text(nil, fmt.Appendf(nil, "customer %d", i), 0)
	}
	s := m.Sample()
	if len(s.hashes) != MaxSample {
		t.Fatal(len(s.hashes))
	}
	again, err := ReadSample(s.Bytes())
	if err != nil || len(again.hashes) != MaxSample || again.below != s.below {
		t.Fatal(err)
	}
	for h := range s.hashes {
		if h > s.below || !again.hashes[h] {
			t.Fatal(h)
		}
	}
	for _, b := range [][]byte{nil, make([]byte, 7), make([]byte, 6*(MaxSample+2))} {
		if _, err := ReadSample(b); err == nil {
			t.Errorf("%d bytes are read", len(b))
		}
	}
}

// Against counting all orders.
func TestEulerian(t *testing.T) {
	for n := 2; n <= 7; n++ {
		counts := make([]int, n)
		total := 0
		var permute func(rest, done []int)
		permute = func(rest, done []int) {
			if len(rest) == 0 {
				falls := 0
				for i := 1; i < n; i++ {
					if done[i] < done[i-1] {
						falls++
					}
				}
				counts[falls]++
				total++
				return
			}
			for i := range rest {
				permute(slices.Delete(slices.Clone(rest), i, i+1), append(slices.Clone(done), rest[i]))
			}
		}
		all := make([]int, n)
		for i := range all {
			all[i] = i
		}
		permute(all, nil)
		sum := 0
		for k := 0; k <= n/2; k++ {
			sum += counts[k]
			if want, got := float64(sum)/float64(total), eulerianBelow(n, k); math.Abs(got-want) > 1e-12 && k < n-1 {
				t.Errorf("%d things, %d falls: %g, not %g", n, k, got, want)
			}
		}
	}
}

func TestKeyFiles(t *testing.T) {
	file := filepath.Join(t.TempDir(), "watermark.key")
	k, err := OpenKey(file)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := ReadKey(file); err != nil || again != k || k == (Key{}) {
		t.Fatal(err)
	}
	os.Chmod(file, 0o644)
	want := "the key of watermarks " + file + " can be read by others (-rw-r--r--); chmod 600 it, and if anybody may have read it, make a new one"
	if _, err := OpenKey(file); err == nil || err.Error() != want {
		t.Error(err)
	}
	os.WriteFile(file, []byte("12"), 0o600)
	os.Chmod(file, 0o600)
	if _, err := OpenKey(file); err == nil || err.Error() != "the key of watermarks "+file+" is not 64 digits in hex" {
		t.Error(err)
	}
}

// customer is one made-up row: id, name, city, phone.
func customer(r *rand.Rand, i int) []string {
	const family, given = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗", "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰红建国文辉"
	pick := func(s string) string { return string([]rune(s)[r.IntN(utf8.RuneCountInString(s))]) }
	return []string{fmt.Sprint(i), pick(family) + pick(given) + pick(given), pick("北上广深杭成武南西重") + "城" + pick("东西南北中") + "路" + fmt.Sprint(r.IntN(900)) + "号", fmt.Sprintf("138%08d", r.IntN(1e8))}
}

// exported is a list as the proxy gives it: name and address marked, in blocks in the order of the export by name.
func exported(e Export, rows [][]string) ([][]string, *Sample) {
	m := New(testKey, e)
	out := make([][]string, len(rows))
	for i, row := range rows {
		out[i] = slices.Clone(row)
		for _, c := range []int{1, 2} {
			b, _ := m.Text(nil, []byte(row[c]), 0)
			out[i][c] = string(b)
		}
	}
	const block = 1000
	for from := 0; from < len(out); from += block {
		slices.SortStableFunc(out[from:min(from+block, len(out))], func(a, b []string) int {
			x, y := m.Order([]byte(a[1])), m.Order([]byte(b[1]))
			switch {
			case x < y:
				return -1
			case x > y:
				return 1
			}
			return 0
		})
	}
	return out, m.Sample()
}

// customers are those of a CRM, and exports of some of them by different people.
func customers(r *rand.Rand, n int) (rows [][]string) {
	for i := range n {
		rows = append(rows, customer(r, i))
	}
	return rows
}

func fragment(r *rand.Rand, rows [][]string, n int) [][]string {
	from := r.IntN(len(rows) - n + 1)
	out := make([][]string, n)
	for i := range out {
		out[i] = slices.Clone(rows[from+i])
	}
	return out
}

func stripped(rows [][]string) {
	for _, row := range rows {
		for c := range row {
			row[c] = string(Normal(nil, []byte(row[c])))
		}
	}
}

// sure is the chance of a false match from which on an export is named.
const sure = 1e-6

// What fragments tell, over many of them: docs/audit.md has the figures of CORDON_TRACE=200.
func TestFragments(t *testing.T) {
	rounds, exports := 5, 10
	if n := os.Getenv("CORDON_TRACE"); n != "" {
		fmt.Sscan(n, &rounds)
		exports = 100
	}
	r := rand.New(rand.NewPCG(5, 6))
	rows := customers(r, 20_000)
	var candidates []Candidate
	var files [][][]string
	for i := range exports { // of 5,000 customers each, overlapping
		from := i * 150
		file, sample := exported(export(i), rows[from:from+5000])
		candidates = append(candidates, Candidate{export(i), sample})
		files = append(files, file)
	}
	kinds := []struct {
		name   string
		change func([][]string)
	}{
		{"as it left", func([][]string) {}},
		{"shuffled", func(f [][]string) { r.Shuffle(len(f), func(i, j int) { f[i], f[j] = f[j], f[i] }) }},
		{"one column, one row in ten edited", func(f [][]string) {
			for i := range f {
				if f[i] = f[i][1:2]; r.IntN(10) == 0 {
					f[i][0] += "先生"
				}
			}
		}},
		{"marks gone", stripped},
		{"marks gone, shuffled", func(f [][]string) {
			stripped(f)
			r.Shuffle(len(f), func(i, j int) { f[i], f[j] = f[j], f[i] })
		}},
	}
	for _, kind := range kinds {
		for _, n := range []int{5, 10, 20, 50, 100} {
			named, wrong, listed, worst := 0, 0, 0, 0.0
			for range rounds {
				which := r.IntN(exports)
				f := fragment(r, files[which], n)
				kind.change(f)
				found := Trace(testKey, f, candidates)
				for i, x := range found {
					if x.Chance() < sure {
						if x.Candidate == which {
							named++
							worst = max(worst, x.Chance())
						} else {
							wrong++
						}
					}
					if x.Candidate == which && i < 40 {
						listed++
					}
				}
			}
			t.Logf("%-35s %3d rows: named %5.1f %%, wrongly %d, among the candidates %5.1f %%, worst chance of those named %.1g", kind.name, n, 100*float64(named)/float64(rounds), wrong, 100*float64(listed)/float64(rounds), worst)
			if wrong > 0 {
				t.Errorf("%s, %d rows: %d named that it was not", kind.name, n, wrong)
			}
			if byMarks := !strings.HasPrefix(kind.name, "marks gone"); byMarks && n >= 10 && named < rounds*95/100 || kind.name == "marks gone" && n >= 20 && named < rounds*9/10 {
				t.Errorf("%s, %d rows: named %d of %d", kind.name, n, named, rounds)
			}
		}
	}
}

// Files that have nothing to do with an export name none: lists of other people in several orders, with characters of no width in them, and with the marks of another service's key.
func TestInnocentFiles(t *testing.T) {
	files := 60
	if n := os.Getenv("CORDON_TRACE_INNOCENT"); n != "" {
		fmt.Sscan(n, &files)
	}
	r := rand.New(rand.NewPCG(7, 8))
	var candidates []Candidate
	rows := customers(r, 5000)
	for i := range 100 {
		_, sample := exported(export(i), rows[i*40:i*40+1000])
		candidates = append(candidates, Candidate{export(i), sample})
	}
	named, hints, listed, least := 0, 0, 0, 1.0
	for i := range files {
		f := customers(r, []int{5, 10, 20, 50, 100}[i%5])
		switch i % 4 {
		case 1:
			slices.SortFunc(f, func(a, b []string) int { return strings.Compare(a[1], b[1]) })
		case 2:
			for _, row := range f {
				for range perMark {
					row[1] = row[1][:3] + string(alphabet[r.IntN(4)]) + row[1][3:]
				}
			}
		case 3:
			m := New(Key{9}, export(i))
			for _, row := range f {
				b, _ := m.Text(nil, []byte(row[1]), 0)
				row[1] = string(b)
			}
		}
		for _, x := range Trace(testKey, f, candidates) {
			least = min(least, x.Chance())
			switch {
			case x.Chance() < sure:
				named++
			case x.Chance() < 0.01:
				hints++
			default:
				listed++
			}
		}
	}
	t.Logf("%d innocent files, 100 exports: %d named, %d with a chance below 0.01, %d listed by content alone; the least chance %.2g", files, named, hints, listed, least)
	if named > 0 || hints > files/20 {
		t.Errorf("%d named, %d hints", named, hints)
	}
}

// An export that the log has no record of is read from its marks.
func TestUnknownExportIsDecoded(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	file, _ := exported(export(77), customers(r, 500))
	for _, n := range []int{20, 50, 500} {
		found := Trace(testKey, fragment(r, file, n), nil)
		if len(found) != 1 || found[0].Export != export(77) || found[0].Candidate != -1 || found[0].Chance() > sure {
			t.Errorf("%d rows: %+v", n, found)
		}
	}
	// Two exports in one file, both known and one not.
	other, sample := exported(export(78), customers(r, 500))
	found := Trace(testKey, append(fragment(r, file, 40), fragment(r, other, 40)...), []Candidate{{export(78), sample}})
	if len(found) != 1 || found[0].Export != export(78) || found[0].Chance() > sure {
		t.Errorf("%+v", found)
	}
	if found := Trace(Key{4}, file, nil); len(found) != 0 {
		t.Errorf("with another key: %+v", found)
	}
}
