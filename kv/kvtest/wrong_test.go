package kvtest

import (
	"testing"

	"github.com/crosscloud-sdk/crosscloud/internal/conformance"
	"github.com/crosscloud-sdk/crosscloud/internal/conformance/conformancetest"
)

// wrong is a driver that breaks one rule.
type wrong struct {
	name   string
	config string // that it is made from
	fails  string // sub-tests that must fail
	// One of the two makes it wrong: service a service, space each namespace that it opens.
	service func(*fakeService)
	space   func(*fakeSpace)
}

func (w *wrong) change(f *fakeService) {
	f.spoil = w.space
	if w.service != nil {
		w.service(f)
	}
}

// TestWrongDrivers proves that the suite notices each broken rule, and that each sub-test notices one.
func TestWrongDrivers(t *testing.T) {
	var drivers []conformancetest.Wrong[*suite, traits]
	for _, w := range wrongDrivers() {
		drivers = append(drivers, conformancetest.Wrong[*suite, traits]{Name: w.name, Fails: w.fails, Suite: func() *conformance.Suite[*suite, traits] {
			h := harness(w.config, w.change)
			return h.frame()
		}})
	}
	conformancetest.WrongDrivers(t, checks(), drivers)
}
