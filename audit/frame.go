package audit

import (
	"encoding/binary"
	"hash/crc32"
)

// A frame is one record in a segment:
//
//	u32 little-endian   length of the leaf, 2 to 65535
//	u32 little-endian   length of the blob, 0 for none
//	u32 little-endian   CRC-32C of the eight bytes before, the leaf and the blob
//	leaf                the record: JSON, one leaf of the tree
//	blob                its encrypted texts, outside of the tree; the leaf holds their SHA-256
//
// A leaf length of 0 ends the segment. The CRC finds torn writes and rot, the tree finds hands.
const frameHeader = 12

// maxBlob bounds a blob before anything is allocated for it: the texts at their limits, with room for tags and salts.
const maxBlob = 2*maxTextBytes + maxParamBytes*8 + 4096

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// putFrameHeader fills the header of a frame whose leaf and blob follow it.
func putFrameHeader(frame []byte, leaf, blob int) {
	binary.LittleEndian.PutUint32(frame[0:], uint32(leaf))
	binary.LittleEndian.PutUint32(frame[4:], uint32(blob))
	crc := crc32.Update(0, castagnoli, frame[:8])
	crc = crc32.Update(crc, castagnoli, frame[frameHeader:frameHeader+leaf+blob])
	binary.LittleEndian.PutUint32(frame[8:], crc)
}

// frameState is what lies at a place where a frame should begin.
type frameState uint8

const (
	frameOK    frameState = iota
	frameEnd              // zeros: nothing was written here
	frameShort            // the frame claims more bytes than there are
	frameBad              // impossible lengths, or the CRC does not fit
)

// parseFrame looks at the first frame of b. With frameOK it returns leaf and blob, which are slices of b.
func parseFrame(b []byte) (leaf, blob []byte, size int, state frameState) {
	if len(b) < frameHeader {
		for _, c := range b {
			if c != 0 {
				return nil, nil, 0, frameShort
			}
		}
		return nil, nil, 0, frameEnd
	}
	n := int64(binary.LittleEndian.Uint32(b[0:]))
	m := int64(binary.LittleEndian.Uint32(b[4:]))
	crc := binary.LittleEndian.Uint32(b[8:])
	if n == 0 {
		if m == 0 && crc == 0 {
			return nil, nil, 0, frameEnd
		}
		return nil, nil, 0, frameBad
	}
	if n < 2 || n > maxLeaf || m > maxBlob {
		return nil, nil, 0, frameBad
	}
	total := frameHeader + n + m
	if total > int64(len(b)) {
		return nil, nil, int(total), frameShort
	}
	c := crc32.Update(0, castagnoli, b[:8])
	c = crc32.Update(c, castagnoli, b[frameHeader:total])
	if c != crc {
		return nil, nil, int(total), frameBad
	}
	return b[frameHeader : frameHeader+n : frameHeader+n], b[frameHeader+n : total : total], int(total), frameOK
}
