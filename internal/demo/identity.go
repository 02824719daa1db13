package demo

import "strconv"

// idCard is a Chinese identity number as GB 11643 has it: six digits of the place, the birthday, a serial number, and a check character.
func idCard(place, birthday string, serial int) string {
	s := strconv.Itoa(1000 + serial)
	number := place + birthday + s[len(s)-3:]
	return number + string(idCardCheck(number))
}

// idCardCheck is the check character of the first 17 digits (ISO 7064, MOD 11-2).
func idCardCheck(number string) byte {
	sum := 0
	for i := range 17 {
		sum += int(number[i]-'0') * (1 << (17 - i) % 11)
	}
	return "10X98765432"[sum%11]
}

// iban puts the check digits (ISO 7064, MOD 97-10) of a two-letter country before a numeric account.
func iban(country, account string) string {
	rest := 0
	for _, c := range account + country + "00" {
		if c >= 'A' {
			rest = (rest*100 + int(c-'A') + 10) % 97
		} else {
			rest = (rest*10 + int(c-'0')) % 97
		}
	}
	check := 98 - rest
	return country + strconv.Itoa(check/10) + strconv.Itoa(check%10) + account
}

// luhn appends the check digit that bank cards carry.
func luhn(number string) string {
	sum := 0
	for i := range len(number) {
		d := int(number[len(number)-1-i] - '0')
		if i%2 == 0 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return number + strconv.Itoa((10-sum%10)%10)
}
