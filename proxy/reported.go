package proxy

import (
	"hash/maphash"
	"slices"
	"unique"

	"cordon/wire"
)

// reported is what the client has been told of the server's settings by ParameterStatus, and what it is still to be told. Where Cordon sends several messages for one of the client's, or asks something itself, the server reports at the
// end of each of its answers; the client hears at the end of its own what differs then, as from a server that was sent the one message.
type reported struct {
	told []toldSetting
	held [][]byte // frames, in the order of their coming; the last of each setting
}

// toldSetting is a setting and a hash of its value: a search_path can be as long as a statement.
type toldSetting struct {
	name  unique.Handle[string] // every session has the same
	value uint64
}

// A server reports some fifteen settings, and those of extensions that ask for it.
const maxReported = 64

var reportedSeed = maphash.MakeSeed()

// tell notes a value that goes to the client, and says whether it is another one than before.
func (r *reported) tell(name, value []byte) bool {
	hash := maphash.Bytes(reportedSeed, value)
	setting := unique.Make(string(name))
	i := r.find(setting)
	switch {
	case i >= 0:
		changed := r.told[i].value != hash
		r.told[i].value = hash
		return changed
	case len(r.told) < maxReported:
		r.told = append(r.told, toldSetting{setting, hash})
	}
	return true
}

// hold keeps a frame for the end of the client's own message.
func (r *reported) hold(frame, name []byte) {
	r.held = slices.DeleteFunc(r.held, func(f []byte) bool {
		other, _, _ := wire.DecodeParameterStatus(f[wire.HeaderLen:])
		return string(other) == string(name)
	})
	if len(r.held) < maxReported {
		r.held = append(r.held, slices.Clone(frame))
	}
}

// statusChanged deals with a ParameterStatus. What a query of Cordon's own sets, it sets for itself, so that nothing of it stands for how the client's texts are read.
func (s *session) statusChanged(frame, body []byte) {
	s.pending.mu.Lock()
	e := s.pending.front(wire.TypeParameterStatus)
	own := e != nil && e.ask != nil
	// Before version 14 servers report at once: of a part that still runs, that is where the client looks for it too.
	hold := own || len(s.up.reported.held) > 0 || e != nil && (e.swallow || e.more && e.run == nil)
	s.pending.mu.Unlock()
	if !own {
		s.parameterStatus(body)
	}
	name, value, err := wire.DecodeParameterStatus(body)
	switch {
	case err != nil:
		s.toClient.Forward(frame) // the client may make of it what it can
	case hold:
		s.up.reported.hold(frame, name)
	default:
		s.up.reported.tell(name, value)
		s.toClient.Forward(frame)
	}
}

// settle drops what the client knows already: a query of Cordon's own has set something and set it back.
func (r *reported) settle() {
	r.held = slices.DeleteFunc(r.held, func(frame []byte) bool {
		name, value, _ := wire.DecodeParameterStatus(frame[wire.HeaderLen:])
		i := r.find(unique.Make(string(name)))
		return i >= 0 && r.told[i].value == maphash.Bytes(reportedSeed, value)
	})
}

func (r *reported) find(setting unique.Handle[string]) int {
	return slices.IndexFunc(r.told, func(t toldSetting) bool { return t.name == setting })
}

// tellHeld reports, before a ReadyForQuery that the client sees, what has changed since the last one.
func (s *session) tellHeld() {
	for _, frame := range s.up.reported.held {
		name, value, _ := wire.DecodeParameterStatus(frame[wire.HeaderLen:])
		if s.up.reported.tell(name, value) {
			s.toClient.Write(frame)
		}
	}
	s.up.reported.held = nil
}
