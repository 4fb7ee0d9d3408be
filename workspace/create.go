package workspace

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/pipeline"
	"github.com/crosscloud-sdk/crosscloud/workspace/driver"
)

// CreateOption says more of a workspace that is made: [Description], [Language], [WithAPIKey], [ProviderOption].
type CreateOption func(*createOptions)

type createOptions struct {
	request driver.CreateRequest
	wantKey bool
	given   []string
	refusal error
}

// once notes that an option is given, and refuses it the second time.
func (o *createOptions) once(name string) {
	if slices.Contains(o.given, name) && o.refusal == nil {
		o.refusal = errs.Refuse(errs.InvalidArgument, "%s is given twice", name)
	}
	o.given = append(o.given, name)
}

// Description gives the workspace a description.
func Description(text string) CreateOption {
	return func(o *createOptions) {
		o.once("the description")
		o.request.Description = text
	}
}

// Language chooses the workspace's language, one of Capabilities.Languages.
func Language(language string) CreateOption {
	return func(o *createOptions) {
		o.once("the language")
		o.request.Language = language
	}
}

// WithAPIKey makes a key of that name together with the workspace. Where Capabilities.CreateAPIKeyWith is None it is
// errs.Unsupported.
func WithAPIKey(name string) CreateOption {
	return func(o *createOptions) {
		o.once("the API key")
		o.request.APIKeyName, o.wantKey = name, true
	}
}

// ProviderOption sets a field that only this provider's workspaces have; Capabilities.Options lists them.
func ProviderOption(name, value string) CreateOption {
	return func(o *createOptions) {
		o.once("the option " + strconv.Quote(errs.Printable(name)))
		if o.request.Options == nil {
			o.request.Options = map[string]string{}
		}
		o.request.Options[name] = value
	}
}

// Created is a workspace that was just made.
type Created struct {
	// Workspace is the handle on it, nil where the provider did not tell the id. Where Capabilities.Get is not Native the
	// service has no access to other workspaces than that of its credentials: open this one with its own key.
	Workspace *Workspace
	// Info is what the provider told of it at once.
	Info Info
	// APIKey is the key that was made with it, nil where none was asked for. Its secret may never be shown again.
	APIKey *APIKey
}

// Incomplete is the error of a workspace that was made, but not with all that belongs to it. Create returns it together
// with what was made.
type Incomplete struct {
	// ID is the workspace's id, empty where the provider did not tell it.
	ID string
	// Fault is what is missing: the provider's code, or a sentence.
	Fault string
}

// Error says which workspace lacks what.
func (e *Incomplete) Error() string {
	which := "the workspace"
	if e.ID != "" {
		which = "workspace " + errs.Printable(e.ID)
	}
	return which + " was made, but not completely: " + errs.Printable(e.Fault)
}

// Create makes a workspace. What breaks a limit of the provider is errs.InvalidArgument before any I/O, and what it
// cannot do errs.Unsupported. A taken name is errs.AlreadyExists with providers whose names are ids; with others, names
// may repeat.
//
// It is not retried once the request may have arrived. After an error whose Outcome is Ambiguous the workspace may be
// there: where the provider has no listing, only its console shows it, with the name that was given.
//
// A workspace that was made incompletely is returned together with an error whose Outcome is Applied and which holds an
// *[Incomplete]. What was created is then not nil: its key works, and may never be shown again.
func (s *Service) Create(ctx context.Context, name string, opts ...CreateOption) (*Created, error) {
	var o createOptions
	o.request.Name = name
	for _, set := range opts {
		if set != nil {
			set(&o)
		}
	}
	req := &o.request
	refusal := o.refusal
	if refusal == nil && s.methods.create.Send != nil {
		refusal = s.checkCreate(&o)
	}
	if refusal == nil && s.caps.CreateReplaces && s.methods.create.Send != nil {
		if err := s.checkFree(ctx, name); err != nil {
			return nil, err
		}
	}
	res, err := do(ctx, s, driver.OpCreate, &s.methods.create, name, refusal, req)
	if err != nil {
		return nil, s.explain(err)
	}
	made := &Created{Info: res.Workspace, APIKey: res.APIKey}
	code, fault := errs.Internal, res.Fault
	if res.Workspace.ID != "" {
		made.Workspace = &Workspace{service: s, id: res.Workspace.ID}
	} else if fault == "" {
		code, fault = errs.Corrupt, "the provider did not tell its id; look for its name in the console"
	}
	if fault == "" && o.wantKey && (res.APIKey == nil || res.APIKey.Secret.IsEmpty()) {
		fault = "the API key that was asked for did not come"
	}
	if fault == "" {
		return made, nil
	}
	incomplete := &Incomplete{ID: res.Workspace.ID, Fault: fault}
	return made, s.pipe.Complete(&errs.Error{Code: code, Outcome: errs.Applied, Attempts: 1,
		Message: incomplete.Error(), Err: incomplete}, driver.OpCreate, name)
}

// explain says of an ambiguous error where to look.
func (s *Service) explain(err error) error {
	if pipeline.OutcomeOf(err) != errs.Ambiguous {
		return err
	}
	where := "list the workspaces and look for its name"
	switch {
	case s.caps.NamesAreIDs:
		where = "describe it by its name"
	case s.caps.List == None:
		where = "look for its name in the provider's console, since no request can find it"
	}
	return pipeline.AfterSteps(err, errs.NotApplied, "the workspace may have been made: "+where)
}

// checkFree refuses a name that is taken, where creating would change that workspace. Somebody may still take it
// between the two requests.
func (s *Service) checkFree(ctx context.Context, name string) error {
	_, err := do(ctx, s, driver.OpGet, &s.methods.get, name, nil, &driver.GetRequest{ID: name})
	switch {
	case err == nil:
		return s.pipe.Refused(ctx, driver.OpCreate, name, "", errs.Refuse(errs.AlreadyExists, "there is a workspace of that name"))
	case errors.Is(err, errs.NotFound):
		return nil
	}
	return pipeline.AfterSteps(err, errs.NotApplied, "whether the name is free is not known, and no workspace was made")
}

func (s *Service) checkCreate(o *createOptions) error {
	req := &o.request
	if err := s.caps.Name.Check("workspace name", req.Name); err != nil {
		return err
	}
	if err := s.checkDescription(req.Description); err != nil {
		return err
	}
	if req.Language != "" && !slices.Contains(s.caps.Languages, req.Language) {
		if len(s.caps.Languages) == 0 {
			return errs.Refuse(errs.Unsupported, "this provider does not let a workspace's language be chosen")
		}
		return errs.Refuse(errs.InvalidArgument, "language is %q, accepted are %s", req.Language, strings.Join(s.caps.Languages, ", "))
	}
	if o.wantKey {
		if s.caps.CreateAPIKeyWith == None {
			return errs.Refuse(errs.Unsupported, "this provider makes no API key together with a workspace")
		}
		if err := s.caps.APIKeyName.Check("API key name", req.APIKeyName); err != nil {
			return err
		}
	}
	return s.checkOptions(req.Options)
}

func (s *Service) checkOptions(given map[string]string) error {
	var known []string
	for _, option := range s.caps.Options {
		known = append(known, option.Name)
		if option.Required && given[option.Name] == "" {
			return errs.Refuse(errs.InvalidArgument, "this provider needs the option %q: %s; give it with ProviderOption", option.Name, option.Doc)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if !slices.Contains(known, name) {
			if len(known) == 0 {
				return errs.Refuse(errs.InvalidArgument, "option %q is not known; this provider has none", name)
			}
			return errs.Refuse(errs.InvalidArgument, "option %q is not known; this provider has %s", name, strings.Join(known, ", "))
		}
	}
	return nil
}

func (s *Service) checkDescription(text string) error {
	if s.caps.Description == None && text != "" {
		return errs.Refuse(errs.Unsupported, "this provider's workspaces have no description")
	}
	if !utf8.ValidString(text) {
		return errs.Refuse(errs.InvalidArgument, "description is not valid UTF-8")
	}
	if n := utf8.RuneCountInString(text); s.caps.MaxDescriptionChars > 0 && n > s.caps.MaxDescriptionChars {
		return errs.Refuse(errs.InvalidArgument, "description has %d characters, at most %d are accepted", n, s.caps.MaxDescriptionChars)
	}
	return nil
}
