package workspacetest

import (
	"context"
	"encoding/json"
	"maps"
	"slices"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/workspace/driver"
)

// limitChecks: daily limits and owners stay as they are set.
func limitChecks() []check {
	limits := []need{needLimits, needHome}
	return []check{
		{"Limits/Set", limits, (*suite).setsLimits},
		{"Limits/KeepsOthers", limits, (*suite).keepsOtherLimits},
		{"Limits/Portable", limits, (*suite).portableLimits},
		{"Owner/Transfer", []need{needTransfer, needMake, needGet}, (*suite).transfers},
	}
}

// kinds returns the kinds of data that have limits, after noting how to put them back.
func (s *suite) kinds(id string) []string {
	s.Helper()
	before := s.limits(id)
	if len(before) > 0 {
		s.undo = append(s.undo, func(ctx context.Context) error {
			s.pace(driver.OpSetUsageLimits)
			_, err := as[driver.UsageLimiter](s).SetUsageLimits(ctx, &driver.SetUsageLimitsRequest{WorkspaceID: id, Limits: before})
			return err
		})
	}
	kinds := slices.Sorted(maps.Keys(before))
	for _, more := range []string{"logging", "tracing"} {
		if len(kinds) < 2 && !slices.Contains(kinds, more) {
			kinds = append(kinds, more)
		}
	}
	return kinds
}

// wantLimit checks one limit by its value: a provider may write a number otherwise.
func (s *suite) wantLimit(id, kind string, want driver.UsageLimit) {
	s.Helper()
	got, there := s.limits(id)[kind]
	gotValue, err := got.Value.Float64()
	wantValue, _ := want.Value.Float64()
	if !there || got.Enabled != want.Enabled || err != nil || gotValue != wantValue || !json.Valid([]byte(got.Value)) {
		s.Errorf("UsageLimits: the limit of %s is %+v (there: %t), want %+v", kind, got, there, want)
	}
}

func (s *suite) setsLimits() {
	id := s.home()
	kind := s.kinds(id)[0]
	for _, want := range []driver.UsageLimit{{Enabled: true, Value: "1000"}, {Enabled: true, Value: "2000000000"}, {Value: "2000000000"}, {Enabled: true, Value: "0"}} {
		s.Must("SetUsageLimits", s.trySetLimits(id, map[string]driver.UsageLimit{kind: want}))
		s.wantLimit(id, kind, want)
	}
}

func (s *suite) keepsOtherLimits() {
	id := s.home()
	kinds := s.kinds(id)
	one, two := driver.UsageLimit{Enabled: true, Value: "11"}, driver.UsageLimit{Enabled: true, Value: "22"}
	s.Must("SetUsageLimits", s.trySetLimits(id, map[string]driver.UsageLimit{kinds[0]: one, kinds[1]: one}))
	s.Must("SetUsageLimits", s.trySetLimits(id, map[string]driver.UsageLimit{kinds[1]: two}))
	s.wantLimit(id, kinds[0], one)
	s.wantLimit(id, kinds[1], two)
}

// portableLimits: programs see the same, and what is no number is not sent.
func (s *suite) portableLimits() {
	id := s.home()
	kind, w := s.kinds(id)[0], s.portable()
	for _, bad := range []json.Number{"", "-1", "NaN", "many", "0x10"} {
		s.Unsent("SetUsageLimits to "+string(bad), errs.InvalidArgument, func() error {
			return w.SetUsageLimits(s.ctx, map[string]driver.UsageLimit{kind: {Value: bad}})
		})
	}
	want := driver.UsageLimit{Enabled: true, Value: "33"}
	s.Must("SetUsageLimits by package workspace", w.SetUsageLimits(s.ctx, map[string]driver.UsageLimit{kind: want}))
	s.wrote()
	s.wantLimit(id, kind, want)
	limits, err := w.UsageLimits(s.ctx)
	s.Must("UsageLimits by package workspace", err)
	if got := limits[kind]; got.Enabled != want.Enabled {
		s.Errorf("UsageLimits by package workspace: %+v, want %+v", got, want)
	}
}

// transfers: a workspace that is given away has the new owner; the service may not see it any more.
func (s *suite) transfers() {
	info := s.create("owner")
	other := s.create("stays")
	s.Must("TransferOwner", s.tryTransfer(info.ID, s.h.NewOwner))
	now, err := s.tryGet(info.ID)
	switch code := errs.CodeOf(err); {
	case err == nil:
		s.wantInfo("Get after TransferOwner", now, info.ID, info.Name)
		if now.Owner.ID != "" && now.Owner.ID != s.h.NewOwner {
			s.Errorf("Get after TransferOwner: the owner is %q, want %q", now.Owner.ID, s.h.NewOwner)
		}
	case code != errs.NotFound && code != errs.PermissionDenied:
		s.Errorf("Get after TransferOwner: %v", err)
	}
	if still := s.get(other.ID); still.Owner != other.Owner && other.Owner.ID != "" {
		s.Errorf("Get of another workspace after TransferOwner: the owner is %q, it was %q", still.Owner.ID, other.Owner.ID)
	}
}
