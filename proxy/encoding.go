package proxy

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
)

// encodings are PostgreSQL's client encodings that a text can be brought from and to UTF-8 in, by their names without punctuation. In some of them the second byte of a character can be a backslash or a quote, so that a text
// read byte by byte is another one than the server reads: it must be decoded before it is parsed.
var encodings = map[string]encoding.Encoding{
	"LATIN1": charmap.ISO8859_1, "ISO88591": charmap.ISO8859_1,
	"LATIN2": charmap.ISO8859_2, "LATIN3": charmap.ISO8859_3, "LATIN4": charmap.ISO8859_4, "LATIN5": charmap.ISO8859_9, "LATIN6": charmap.ISO8859_10,
	"LATIN7": charmap.ISO8859_13, "LATIN8": charmap.ISO8859_14, "LATIN9": charmap.ISO8859_15, "LATIN10": charmap.ISO8859_16,
	"ISO88595": charmap.ISO8859_5, "ISO88596": charmap.ISO8859_6, "ISO88597": charmap.ISO8859_7, "ISO88598": charmap.ISO8859_8,
	"WIN1250": charmap.Windows1250, "WIN1251": charmap.Windows1251, "WIN1252": charmap.Windows1252, "WIN1253": charmap.Windows1253, "WIN1254": charmap.Windows1254,
	"WIN1255": charmap.Windows1255, "WIN1256": charmap.Windows1256, "WIN1257": charmap.Windows1257, "WIN1258": charmap.Windows1258, "WIN866": charmap.CodePage866, "WIN874": charmap.Windows874,
	"KOI8R": charmap.KOI8R, "KOI8": charmap.KOI8R, "KOI8U": charmap.KOI8U,
	"EUCJP": japanese.EUCJP, "SJIS": japanese.ShiftJIS, "SHIFTJIS": japanese.ShiftJIS,
	"EUCKR": korean.EUCKR, "UHC": korean.EUCKR, // x/text's EUC-KR is the unified Hangul code
	"EUCCN": simplifiedchinese.GBK, "GBK": simplifiedchinese.GBK, "GB18030": simplifiedchinese.GB18030,
	"BIG5": traditionalchinese.Big5,
}

// encodingName is a client encoding without punctuation, "" for UTF-8 and for the encodings that hold no other characters than ASCII that Cordon could mistake.
func encodingName(s string) string {
	s = strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' {
			return r - 'a' + 'A'
		}
		if r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, s)
	switch s {
	case "", "UTF8", "UNICODE", "SQLASCII":
		return "" // parse refuses what is no UTF-8
	}
	return s
}

// ascii says that a text has no byte beyond ASCII, so that every encoding reads it alike.
func ascii[T ~string | ~[]byte](text T) bool {
	for i := 0; i < len(text); i++ {
		if text[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// decodeFrom brings a text to UTF-8. ok is false where that cannot be done and undone without a loss: then nobody knows what the server would read.
func decodeFrom(name, text string) (out string, ok bool) {
	if name == "" || ascii(text) {
		return text, true
	}
	e := encodings[name]
	if e == nil {
		return "", false
	}
	out, err := e.NewDecoder().String(text)
	if err != nil || strings.ContainsRune(out, utf8.RuneError) {
		return "", false
	}
	back, err := e.NewEncoder().String(out)
	return out, err == nil && back == text
}

// encodeTo brings a text from UTF-8 to a client encoding.
func encodeTo(name, text string) (out string, ok bool) {
	if name == "" || ascii(text) {
		return text, true
	}
	e := encodings[name]
	if e == nil {
		return "", false
	}
	out, err := e.NewEncoder().String(text)
	return out, err == nil
}

// decode brings a text of the session's client encoding to UTF-8.
func (s *session) decode(text string) (string, bool) { return decodeFrom(s.reading().encoding, text) }

// reading is how the session's texts are read now.
func (s *session) reading() reading {
	r := reading{escapes: !s.conforming.Load()}
	if e := s.encoding.Load(); e != nil {
		r.encoding = *e
	}
	return r
}
