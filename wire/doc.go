// Package wire reads and writes the frames of PostgreSQL's protocol, version 3: their lengths checked against limits before anything is allocated, their bodies decoded only on demand.
//
// A frame is one type byte, a four-byte length that counts itself, and a body. Only the start of a connection is untyped ([Startup]). A [Reader] holds a burst of frames as it came in
// one read; what needs no change is handed on from that same buffer by a [Writer], so that a burst costs one read and one write whatever is in it. Frames too long to hold are passed
// on in pieces.
//
// The decoders ([Parse], [Bind], [RowDescription] …) take a body and return slices of it: they are valid as long as the body is, which for a Reader means until the next Fill. Every
// decoder takes foreign bytes: it checks each length against what is there, and never allocates by a number that the other side named without that check.
//
// The format is described in PostgreSQL's manual, chapter "Frontend/Backend Protocol".
package wire
