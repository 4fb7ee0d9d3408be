package local

import (
	"encoding/json"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/crosscloud-sdk/crosscloud/errs"
	workspacedriver "github.com/crosscloud-sdk/crosscloud/workspace/driver"
)

// This file is the server's part for workspaces, as accept.go is for keys and namespaces.

func (s *workspaces) acceptsCreate(req *workspacedriver.CreateRequest) error {
	if err := s.acceptsName(req.Name); err != nil {
		return err
	}
	if err := s.acceptsDescription(req.Description); err != nil {
		return err
	}
	if req.Language != "" && !slices.Contains(s.caps.Languages, req.Language) {
		return errs.Refuse(errs.InvalidArgument, "language is %q, accepted are %s", req.Language, strings.Join(s.caps.Languages, ", "))
	}
	known := map[string]bool{}
	for _, o := range s.caps.Options {
		known[o.Name] = true
		if o.Required && req.Options[o.Name] == "" {
			return errs.Refuse(errs.InvalidArgument, "the option %q is missing", o.Name)
		}
	}
	for name, value := range req.Options {
		if !known[name] {
			return errs.Refuse(errs.InvalidArgument, "the option %q is not known", name)
		}
		if !utf8.ValidString(value) {
			return errs.Refuse(errs.InvalidArgument, "the option %q is not valid UTF-8", name)
		}
	}
	if req.APIKeyName == "" {
		return nil
	}
	if s.caps.CreateAPIKeyWith == workspacedriver.None {
		return errs.Refuse(errs.Unsupported, "no API key is made together with a workspace here")
	}
	return s.acceptsKey(req.APIKeyName, nil)
}

func (s *workspaces) acceptsUpdate(req *workspacedriver.UpdateRequest) error {
	if req.Name != nil {
		if err := s.acceptsName(*req.Name); err != nil {
			return err
		}
	}
	if req.Description != nil {
		return s.acceptsDescription(*req.Description)
	}
	return nil
}

func (s *workspaces) acceptsName(name string) error {
	if len(name) > maxNameBytes {
		return errs.Refuse(errs.InvalidArgument, "workspace name has %d bytes, at most %d are accepted", len(name), maxNameBytes)
	}
	return s.caps.Name.Check("workspace name", name)
}

func (s *workspaces) acceptsDescription(text string) error {
	limit := s.caps.MaxDescriptionChars
	switch count := utf8.RuneCountInString(text); {
	case s.caps.Description == workspacedriver.None && text != "":
		return errs.Refuse(errs.Unsupported, "workspaces have no description here")
	case !utf8.ValidString(text):
		return errs.Refuse(errs.InvalidArgument, "description is not valid UTF-8")
	case limit > 0 && count > limit:
		return errs.Refuse(errs.InvalidArgument, "description has %d characters, at most %d are accepted", count, limit)
	}
	return nil
}

func (s *workspaces) acceptsKey(name string, roles []string) error {
	if err := s.caps.APIKeyName.Check("API key name", name); err != nil {
		return err
	}
	for _, role := range roles {
		switch {
		case s.caps.APIKeyRoles == workspacedriver.None:
			return errs.Refuse(errs.Unsupported, "a key has no roles here")
		case role == "" || role == s.deniedRole || !utf8.ValidString(role):
			return errs.Refuse(errs.InvalidArgument, "a key cannot have the role %q", role)
		}
	}
	return nil
}

// acceptsLimits returns the limits to store, which share no memory with the request.
func (s *workspaces) acceptsLimits(given map[string]workspacedriver.UsageLimit) (map[string]usageLimit, error) {
	limits := map[string]usageLimit{}
	for kind, l := range given {
		f, err := l.Value.Float64()
		switch {
		case kind == "" || !utf8.ValidString(kind) || s.kinds != nil && !slices.Contains(s.kinds, kind):
			return nil, errs.Refuse(errs.InvalidArgument, "there is no limit of the kind of data %q", kind)
		case err != nil || f < 0 || !json.Valid([]byte(l.Value)):
			return nil, errs.Refuse(errs.InvalidArgument, "the limit of %q is not a number of at least 0", kind)
		}
		limits[kind] = usageLimit(l)
	}
	return limits, nil
}
