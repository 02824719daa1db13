package identity

import (
	"testing"

	"cordon/internal/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }
