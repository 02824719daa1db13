package parse

import "fmt"

// Limits bound a text before it reaches C code. The zero value means the defaults.
type Limits struct {
	Bytes int // longest text in bytes; 0 means DefaultBytes
	Depth int // deepest nesting or longest chain of operators, set operations or joins; 0 means DefaultDepth, and no more than MaxDepth counts
	Major int // the server's major version; below 16, or 0 for unknown, numbers like 0x1F and 1_000 are refused: older servers read “0x1F” as 0 and a label
}

const (
	// DefaultBytes is room for a multi-row INSERT with the protocol's 65,535 parameters twice over.
	DefaultBytes = 1 << 20
	// DefaultDepth is far beyond what people and ORMs write, and a small part of what the C code survives; see MaxDepth.
	DefaultDepth = 1000
	// MaxDepth is the most that a configuration can ask for. pg_query recurses over the parse tree without a check of its own, and a stack overflow in C ends the process, which Go cannot
	// recover from. Go's protobuf refuses at 10,000 nested messages, which are at most four per unit of depth (a subscript).
	MaxDepth = 2000
	// stackPerDepth is the C stack in bytes that one unit of depth may take. The most that was measured is 360 bytes: with 8 MB, Linux's usual size, “select 1+1+1…” kills pg_query at 24,200 operators,
	// with 512 kB at 1,470. Threads of musl have 128 kB.
	stackPerDepth = 1024
	// maxParam is the protocol's bound: Bind counts parameters in 16 bits. Servers before 17 silently cut a larger number to 32 bits, so that $4294967297 is $1.
	maxParam = 65535
)

func (l Limits) bytes() int {
	if l.Bytes <= 0 {
		return DefaultBytes
	}
	return l.Bytes
}

func (l Limits) depth() int {
	depth := l.Depth
	if depth <= 0 {
		depth = DefaultDepth
	}
	return min(depth, MaxDepth, threadStack/stackPerDepth)
}

func tooLong(n, limit int) *SyntaxError {
	return &SyntaxError{
		Code:    codeTooLong,
		Message: fmt.Sprintf("statement of %d bytes is longer than Cordon's limit of %d bytes", n, limit),
		Hint:    "Send it in parts, or raise limits.statement_bytes in Cordon's configuration.",
	}
}

// level is an open bracket or CASE, or the text itself.
type level struct {
	open    byte  // ( [ C for CASE, 0 for the text itself
	count   int32 // tokens that can deepen the tree since the last separator
	fixed   int32 // set operations and joins, which chain across separators
	between int32 // BETWEENs whose AND has not come
}

// checkDepth refuses tokens whose parse tree can be deeper than limit.
func checkDepth(sql string, tokens []Token, limit int) *SyntaxError {
	depth, at := estimateDepth(sql, tokens, limit)
	if depth <= limit {
		return nil
	}
	start := int(tokens[at].Start)
	return &SyntaxError{
		Code:     codeTooComplex,
		Message:  fmt.Sprintf("statement is nested or chained deeper than Cordon's limit of %d", limit),
		Hint:     "Use IN or = ANY with a list instead of long chains of operators, joins or set operations, or send the statement in parts.",
		Position: charPosition(sql, start),
		offset:   start,
	}
}

// estimateDepth tells how deep the parse tree of the tokens can be, and the token where it stopped counting, because it came over limit. The tree's messages hold each other at most four times
// as deep, and a few for the statement itself; FuzzDepth looks for a text where that is not so.
//
// Each token that can deepen the tree (an operator, a keyword, a bracket) counts one as long as what it belongs to can go on. A separator begins anew, because what stands on its two
// sides are siblings in a flat list: a comma, a boolean AND or OR (the grammar flattens these), a semicolon, UNION and its like, ON, and WHEN, THEN, ELSE directly inside a CASE. None of these can
// stand inside an operand without a bracket, but the AND of BETWEEN, which therefore is no separator. Set operations and joins chain across separators, so they are counted apart and stay until the bracket closes.
// Words behind a point are names, whatever they spell: “x.and” must not begin anew.
//
// A text that fools the count by its bad syntax is no danger: the parser's own stack is on the heap and bounded, and only a whole tree is walked recursively.
func estimateDepth(sql string, tokens []Token, limit int) (deepest, at int) {
	var room [32]level
	levels := append(room[:0], level{})
	top := &levels[0]
	total := 0    // brackets, counts and fixed of all levels
	name := false // the token before is a point
	for i := range tokens {
		t := &tokens[i]
		afterPoint := name
		name = false
		switch t.Kind {
		case Operator:
			top.count++
			total++
		case Punct:
			switch c := sql[t.Start]; c {
			case '(', '[':
				levels = append(levels, level{open: c})
				total++
			case ')', ']':
				for len(levels) > 1 {
					last := levels[len(levels)-1]
					levels = levels[:len(levels)-1]
					total -= int(last.count+last.fixed) + 1
					if last.open != 'C' {
						break
					}
				}
			case ',', ';':
				total -= int(top.count)
				top.count = 0
				if c == ';' && len(levels) == 1 {
					total, top.fixed, top.between = 0, 0, 0
				}
			case '.':
				name = true
			}
			top = &levels[len(levels)-1]
		case Ident:
			if !t.Keyword || afterPoint {
				continue
			}
			top.count++
			total++
			separator := false
			switch word := sql[t.Start:t.End]; word[0] | 0x20 {
			case 'a':
				if equalFold(word, "and") {
					separator = top.between == 0
					if !separator {
						top.between--
					}
				}
			case 'b':
				if equalFold(word, "between") {
					top.between++
				}
			case 'c':
				if equalFold(word, "case") {
					levels = append(levels, level{open: 'C'})
					top = &levels[len(levels)-1]
					total++
				}
			case 'e':
				switch {
				case equalFold(word, "end"):
					if top.open == 'C' {
						total -= int(top.count+top.fixed) + 1
						levels = levels[:len(levels)-1]
						top = &levels[len(levels)-1]
					}
				case equalFold(word, "else"):
					separator = top.open == 'C'
				case equalFold(word, "except"):
					top.fixed++
					total++
					separator = true
				}
			case 'i':
				if equalFold(word, "intersect") {
					top.fixed++
					total++
					separator = true
				}
			case 'j':
				if equalFold(word, "join") {
					top.fixed++
					total++
				}
			case 'o':
				separator = equalFold(word, "or") || equalFold(word, "on")
			case 't':
				separator = top.open == 'C' && equalFold(word, "then")
			case 'u':
				if equalFold(word, "union") {
					top.fixed++
					total++
					separator = true
				}
			case 'w':
				separator = top.open == 'C' && equalFold(word, "when")
			}
			if separator {
				total -= int(top.count)
				top.count = 0
			}
		}
		if deepest = max(deepest, total); total > limit {
			return deepest, i
		}
	}
	return deepest, 0
}
