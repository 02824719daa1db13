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

// unlike are the characters that PostgreSQL reads otherwise than the decoders here, and below each the one that it reads; U+FFFD is none that a text should have. A name or a literal would be another one to the server than to Cordon.
var unlike = map[string][2]string{
	"BIG5": {"\u00a8\u00af\u02c6\u02cdЁАБВГДЕЖЗИ\u2027ⅰⅱⅲⅳⅴⅵⅶⅷⅸⅹ\u2215\u2295\u2299①②③④⑤⑥⑦⑧⑨⑩⑴⑵⑶⑷⑸⑹⑺⑻⑼⑽\u2574\u273d\u2f33\u3003\u3005\u3006\u3007ぁあぃいぅうぇえぉおかがきぎくぐけげこごさざしじすずせぜそぞただちぢっつづてでとどなにぬねのはばぱひびぴふぶぷへべぺほぼぽまみむめもゃやゅゆょよらりるれろゎわゐゑをんゝゞァアィイゥウェエォオカガキギクグケゲコゴサザシジスズセゼソゾタダチヂッツヅテデトドナニヌネノハバパヒビピフブプヘベペホボポマミムメモャヤュユョヨラリルレロヮワヰヱヲンヴヵヶーヽヾ丶丿亅亠冂冖冫勹匸卩厶夊宀巛广彐彡攴疒辵隶\ufe51\ufe68\uff0f\uff3b\uff3c\uff3d\uff5e\uffe0\uffe1\uffe3\uffe5",
		"ぴ\u203eふ\ufffd⑺⑴⑵⑶⑷⑸⑹⑻⑼⑽\u2022けげこごさざしじすず\uff0f\u2641\u2609ヾゝゞ\u3005ぁあぃいぅうぇえぉおかがきぎくぐ\ufffdもどぺぼぽまゃやゅゆょよらりるれろゎわゐゑをんァアィイゥウェエォオカガキギクグケゲコゴサザシジスズセゼソゾタダチヂッツヅテデトドナニヌネノハバパヒビピフブプヘベペホボポマミムメモへべャヤュユョヨラリルレロヮワヰヱヲンヴヵヶДЕЁЖЗИЙКЛМУФХЦЧШЩЪЫЬЭЮЯабвгдеёжзийклмнопрстуфхцчшщъыьэюя①②③④⑤⑥⑦⑧⑨⑩みぶぷせぜそぞただちぢっつづてでとなぬねのばひび\uff64\uff3c\ufffdむ\ufffdめ\u223c\u00a2\u00a3\ufffd\u00a5"},
	"EUCCN": {"\u00b7\u2014",
		"・\u2015"},
	"EUCJP": {"\u00a6",
		"\uffe4"},
	"KOI8U": {"Ўў",
		"\u256c\u255d"},
}

// respelled are these both ways: toServer from the decoder's character to the server's, fromServer back.
type respelled struct{ toServer, fromServer map[rune]rune }

var respellings = func() map[string]respelled {
	all := map[string]respelled{}
	for name, pair := range unlike {
		mine, theirs := []rune(pair[0]), []rune(pair[1])
		r := respelled{map[rune]rune{}, map[rune]rune{}}
		for i := range mine {
			r.toServer[mine[i]] = theirs[i]
			if theirs[i] != utf8.RuneError {
				r.fromServer[theirs[i]] = mine[i]
			}
		}
		all[name] = r
	}
	return all
}()

// asRead is what the server reads where the decoder has read a character.
func (r respelled) asRead(c rune) rune {
	if theirs, ok := r.toServer[c]; ok {
		return theirs
	}
	return c
}

// asWritten is what the encoder is to write for the server to read a character.
func (r respelled) asWritten(c rune) rune {
	if mine, ok := r.fromServer[c]; ok {
		return mine
	}
	if _, ok := r.toServer[c]; ok {
		return utf8.RuneError // the server would read another one
	}
	return c
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
	if err != nil || back != text {
		return "", false
	}
	if r, ok := respellings[name]; ok {
		out = strings.Map(r.asRead, out)
	}
	return out, !strings.ContainsRune(out, utf8.RuneError)
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
	if r, ok := respellings[name]; ok {
		if text = strings.Map(r.asWritten, text); strings.ContainsRune(text, utf8.RuneError) {
			return "", false
		}
	}
	out, err := e.NewEncoder().String(text)
	return out, err == nil
}

// decode brings a text of the session's client encoding to UTF-8.
func (s *session) decode(text string) (string, bool) {
	return decodeFrom(encodingName(s.reading().encoding), text)
}

// reading is how the session's texts are read now.
func (s *session) reading() reading {
	return readingOf(s.encoding.Load(), s.serverEncoding.Load(), s.conforming.Load())
}

func readingOf(client, server *string, conforming bool) reading {
	r := reading{escapes: !conforming}
	if client != nil {
		r.encoding = *client
	}
	if server != nil {
		r.encoding = readIn(r.encoding, *server)
	}
	return r
}

// readIn is the encoding that a text is read in. Where one side is SQL_ASCII, nothing is converted, and the text is what the server takes its bytes for: their names and literals would be others than those that Cordon has decided on.
func readIn(client, server string) string {
	switch {
	case server != "UTF8" && encodingName(server) == "":
		return server // SQL_ASCII, where names are the bytes that the catalog gives; what is not UTF-8 is refused
	case client == "SQL_ASCII":
		return server
	}
	return client
}
