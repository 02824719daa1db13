package share

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
)

// keys are made of the key that the nodes share, one for each purpose.
type keys struct {
	root   []byte
	aead   cipher.AEAD
	routes string // password between the servers of the nodes
}

func newKeys(root []byte) (k keys, err error) {
	k.root = root
	block, err := aes.NewCipher(k.derive("seal"))
	if err != nil {
		return k, err
	}
	if k.aead, err = cipher.NewGCMWithRandomNonce(block); err != nil {
		return k, err
	}
	k.routes = hex.EncodeToString(k.derive("routes"))
	return k, nil
}

func (k *keys) derive(purpose string) []byte {
	m := hmac.New(sha256.New, k.root)
	m.Write([]byte("cordon share 1\x00" + purpose))
	return m.Sum(nil)
}

// token is a name that says nothing to who has not the key.
func (k *keys) token(purpose, text string) string {
	m := hmac.New(sha256.New, k.derive("token"))
	m.Write([]byte(purpose + "\x00" + text))
	return hex.EncodeToString(m.Sum(nil)[:16])
}

// seal encrypts what is sent under a name; under another it does not open.
func (k *keys) seal(name string, text []byte) []byte {
	return k.aead.Seal(nil, nil, text, []byte(name))
}

var errSeal = errors.New("it was not sealed with the key of these nodes")

func (k *keys) open(name string, sealed []byte) ([]byte, error) {
	text, err := k.aead.Open(nil, nil, sealed, []byte(name))
	if err != nil {
		return nil, errSeal
	}
	return text, nil
}

// Derive makes a key of the shared one, for a purpose of the caller's that all nodes need the same key for.
func (n *Node) Derive(purpose string) (key [32]byte) {
	copy(key[:], n.keys.derive("for "+purpose))
	return key
}
