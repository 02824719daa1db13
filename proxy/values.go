package proxy

import (
	"encoding/binary"
	"strconv"

	"cordon/audit"
	"cordon/parse"
	"cordon/wire"
)

// values are the parameters that the session's portals are bound to, kept for the record of what executes them.
type values struct {
	free []byte // of the piece of memory that the next few are put into
	list []audit.Param
	cut  bool // list lacks some, of which nothing was kept

	call     []byte // the arguments of the FunctionCall that is dealt with; they belong to the read buffer
	function uint32 // and its function's OID
}

const (
	// maxValues bounds what of the parameters of one Bind is kept. The log keeps 4 kB of each (audit.Options.ParamBytes); what a longer Bind brings behind this streams on unread.
	maxValues = 64 << 10

	// valuesPiece is the memory that is taken at a time for those of ordinary statements, so that not each of them allocates. A portal that stays keeps its piece.
	valuesPiece = 4 << 10

	// maxListed bounds the list that is kept from one statement to the next.
	maxListed = 256
)

// valuesNeeded is how much of a Bind must have come for its parameters to be kept; rest is where they begin in the body.
func valuesNeeded(h wire.Header, rest int) int { return min(h.Len(), wire.HeaderLen+rest+maxValues) }

// keep returns a copy of the parameters of a Bind, nil when there are none.
func (v *values) keep(b []byte) []byte {
	if len(b) < 2 {
		return nil
	}
	if at := 2 + 2*int(binary.BigEndian.Uint16(b)); at+2 <= len(b) && b[at] == 0 && b[at+1] == 0 {
		return nil
	}
	if len(b) > valuesPiece/8 {
		return append([]byte(nil), b...)
	}
	if len(b) > len(v.free) {
		v.free = make([]byte, valuesPiece)
	}
	kept := v.free[:len(b):len(b)]
	v.free = v.free[len(b):]
	copy(kept, b)
	return kept
}

// of fills in the parameters of a run: those that its portal o was bound to, or those of EXECUTE. The list is valid until the next call.
func (v *values) of(in *audit.Intent, run *execution, o *object) {
	v.cut = false
	secret := run.step.secret || run.shape.secret
	if run.step.target.verb == targetExecute && (secret || run.shape == run.step) {
		in.SQL, secret = parse.HideLiterals(in.SQL), true // nobody knows what its values are for
	}
	switch {
	case o != nil && o.values != nil:
		in.Params = v.decode(o.values, secret)
	case v.call != nil:
		in.SQL += " of function " + strconv.FormatUint(uint64(v.function), 10)
		in.Params = v.decode(v.call, secret)
	case run.step.target.verb == targetExecute && !run.step.hidden:
		v.reset()
		for _, p := range run.step.params {
			param := audit.Param{Secret: secret}
			if p != nil {
				param.Value = append([]byte{}, *p...)
				param.Secret = secret || parse.Secret(*p)
			}
			v.list = append(v.list, param)
		}
		in.Params = v.list
	}
}

func (v *values) reset() {
	if cap(v.list) > maxListed {
		v.list = nil
	}
	v.list = v.list[:0]
}

// decode reads parameters as Bind and FunctionCall bring them.
func (v *values) decode(b []byte, secret bool) []audit.Param {
	v.reset()
	v.cut = false
	if b == nil {
		return nil
	}
	in, ok := wire.DecodeValues(b)
	if v.cut = !ok; v.cut {
		return nil
	}
	for {
		value, length, binaryFormat, ok := in.Next()
		if !ok {
			v.cut = len(v.list) < in.Count()
			return v.list
		}
		p := audit.Param{Value: value, Length: length, Binary: binaryFormat, Secret: secret}
		if value != nil && !secret {
			p.Secret = parse.SecretBytes(value) // text has one form, and is the same in both formats
		}
		v.list = append(v.list, p)
	}
}
