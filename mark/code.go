package mark

// GF(256) with the polynomial of AES's predecessors in Reed–Solomon codes, x⁸+x⁴+x³+x²+1, whose generator is 2.
var exp, log = func() (exp [512]byte, log [256]int) {
	x := 1
	for i := range 255 {
		exp[i], exp[i+255], log[x] = byte(x), byte(x), i
		if x <<= 1; x > 255 {
			x ^= 0x11d
		}
	}
	return exp, log
}()

func mul(a, b byte) byte {
	if a == 0 || b == 0 {
		return 0
	}
	return exp[log[a]+log[b]]
}

func div(a, b byte) byte {
	if a == 0 {
		return 0
	}
	return exp[log[a]+255-log[b]]
}

// value is that of the number's polynomial at a point.
func value(number *[numberBytes]byte, point byte) (v byte) {
	for i := numberBytes - 1; i >= 0; i-- {
		v = mul(v, point) ^ number[i]
	}
	return v
}

// seen is one text with a mark.
type seen struct{ point, value byte }

// interpolate is the number whose polynomial goes through six points, which must differ.
func interpolate(s *[numberBytes]seen) (number [numberBytes]byte) {
	for i := range s {
		// the polynomial that is s[i].value at s[i].point and 0 at the others
		basis := [numberBytes]byte{1}
		scale := s[i].value
		for j := range s {
			if j == i {
				continue
			}
			for k := numberBytes - 1; k >= 0; k-- { // times (x - point)
				basis[k] = mul(basis[k], s[j].point)
				if k > 0 {
					basis[k] ^= basis[k-1]
				}
			}
			scale = div(scale, s[i].point^s[j].point)
		}
		for k := range number {
			number[k] ^= mul(basis[k], scale)
		}
	}
	return number
}
