package workspacetest

import (
	"context"
	"strings"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/workspace"
	"github.com/crosscloud-sdk/crosscloud/workspace/driver"
)

// updateChecks: what is named is changed, and nothing else.
func updateChecks() []check {
	updates := []need{needUpdate, needHome}
	described := append(updates, needDescription)
	return []check{
		{"Update/Name", updates, (*suite).updateName},
		{"Update/NameOverLimit", append(updates, needNameLimit), (*suite).updateNameOverLimit},
		{"Update/Description", described, (*suite).updateDescription},
		{"Update/DescriptionLimit", append(described, needDescriptionLimit), (*suite).updateDescriptionLimit},
		{"Update/Both", described, (*suite).updateBoth},
	}
}

// deleteChecks: what is deleted is gone, and nothing else.
func deleteChecks() []check {
	deletes := []need{needDelete, needMake, needSee}
	return []check{
		{"Delete/Gone", deletes, (*suite).deleteGone},
		{"Delete/Again", deletes, (*suite).deleteAgain},
		{"Delete/NotOthers", deletes, (*suite).deleteNotOthers},
	}
}

// changeable returns the workspace that the check works in, whose name and description are put back in the end.
func (s *suite) changeable() (id string) {
	s.Helper()
	id = s.home()
	before := s.get(id)
	req := &driver.UpdateRequest{ID: id, Name: &before.Name}
	if s.caps.Description != driver.None {
		req.Description = &before.Description
	}
	s.undo = append(s.undo, func(ctx context.Context) error {
		s.pace(driver.OpUpdate)
		_, err := as[driver.Updater](s).Update(ctx, req)
		if errs.CodeOf(err) == errs.NotFound {
			err = nil
		}
		return err
	})
	return id
}

func (s *suite) wantName(id, want string) {
	s.Helper()
	if got := s.get(id).Name; got != want {
		s.Errorf("Get: the name is %s, want %s", quote(got), quote(want))
	}
	if s.caps.List != driver.None {
		if info, count := s.inListing(s.get(id).ID); info.Name != want || count != 1 {
			s.Errorf("List: the workspace is there %d times, its name is %s, want %s", count, quote(info.Name), quote(want))
		}
	}
}

func (s *suite) updateName() {
	id := s.changeable()
	before := s.get(id)
	name := s.name("renamed")
	s.Must("Update", s.tryUpdate(&driver.UpdateRequest{ID: id, Name: &name}))
	s.wantName(id, name)
	if now := s.get(id); now.ID != before.ID || now.Description != before.Description || now.Language != before.Language {
		s.Errorf("Update of the name: the id, the description or the language changed too")
	}
}

func (s *suite) updateNameOverLimit() {
	id := s.changeable()
	before := s.get(id).Name
	_, over := atLimit(s.caps.Name, s.name("l"))
	s.Unsent("Update to a name over the limit", errs.InvalidArgument, func() error { return s.portable().Update(s.ctx, workspace.SetName(over)) })
	s.WantCode("Update to a name over the limit by the driver", s.tryUpdate(&driver.UpdateRequest{ID: id, Name: &over}), errs.InvalidArgument, errs.TooLarge)
	s.wantName(id, before)
}

func (s *suite) updateDescription() {
	id := s.changeable()
	name := s.get(id).Name
	for _, text := range []string{"one", "another, longer one: é", ""} {
		s.Must("Update", s.tryUpdate(&driver.UpdateRequest{ID: id, Description: &text}))
		s.wantDescriptionOf(id, text)
		s.wantName(id, name)
	}
}

// wantDescriptionOf is wantDescription for the workspace that the check works in.
func (s *suite) wantDescriptionOf(id, want string) {
	s.Helper()
	if id == "" {
		id = s.get("").ID
	}
	s.wantDescription(id, want)
}

func (s *suite) updateDescriptionLimit() {
	id := s.changeable()
	text := strings.Repeat("é", s.caps.MaxDescriptionChars)
	s.Must("Update", s.tryUpdate(&driver.UpdateRequest{ID: id, Description: &text}))
	s.wantDescriptionOf(id, text)
	over := text + "x"
	s.WantCode("Update to a description over the limit by the driver", s.tryUpdate(&driver.UpdateRequest{ID: id, Description: &over}), errs.InvalidArgument, errs.TooLarge)
	s.wantDescriptionOf(id, text)
}

// updateBoth: one request changes both.
func (s *suite) updateBoth() {
	id := s.changeable()
	name, text := s.name("both"), "both"
	s.Must("Update by package workspace", s.portable().Update(s.ctx, workspace.SetName(name), workspace.SetDescription(text)))
	s.wrote()
	s.wantName(id, name)
	s.wantDescriptionOf(id, text)
}

// gone reports a failure unless the workspace is not there, whatever is asked of it.
func (s *suite) gone(id string) {
	s.Helper()
	if s.caps.List != driver.None {
		if _, count := s.inListing(id); count > 0 {
			s.Errorf("the workspace is deleted, but listed")
		}
	}
	if s.caps.Get == driver.Native {
		_, err := s.tryGet(id)
		s.WantCode("Get of a deleted workspace", err, errs.NotFound)
	}
}

func (s *suite) deleteGone() {
	id := s.create("del").ID
	if s.caps.CreateAPIKey != driver.None {
		s.createKey(id, "del")
	}
	s.Must("Delete", s.tryDelete(id))
	s.gone(id)
	for _, m := range s.methods() {
		s.WantCode(m.op+" of a deleted workspace", s.paced(s.ctx, m, id), errs.NotFound)
	}
}

func (s *suite) deleteAgain() {
	id := s.create("del").ID
	s.Must("Delete", s.tryDelete(id))
	s.WantCode("Delete again", s.tryDelete(id), errs.NotFound)
	s.WantCode("Delete of a missing workspace", s.tryDelete(alike(id)), errs.NotFound)
}

func (s *suite) deleteNotOthers() {
	id, other := s.create("del").ID, s.create("stays")
	s.Must("Delete", s.tryDelete(id))
	info, err := s.see(other.ID)
	s.Must("Get of another workspace", err)
	s.wantInfo("Get of another workspace", info, other.ID, other.Name)
	if s.caps.Own != driver.None {
		_ = s.get("")
	}
}
