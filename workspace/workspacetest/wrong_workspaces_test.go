package workspacetest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/policy"
	"github.com/crosscloud-sdk/crosscloud/workspace/driver"
)

// declaring exchanges the capabilities.
func declaring(change func(*driver.Capabilities)) func(*fake) {
	return func(f *fake) {
		f.caps = func() driver.Capabilities {
			c := f.account.caps
			c.Options, c.Languages = slices.Clone(c.Options), slices.Clone(c.Languages)
			change(&c)
			return c
		}
	}
}

// class declares another class of one operation.
func class(op string, class policy.Idempotency) func(*fake) {
	return func(f *fake) {
		f.ops = func() []policy.Operation {
			rows := f.account.rows()
			for i := range rows {
				if rows[i].Name == op {
					rows[i].Idempotency = class
				}
			}
			return rows
		}
	}
}

func wrongDeclarations() []wrong {
	return []wrong{
		{"has an option without a sentence", "full", "Declare/Capabilities", declaring(func(c *driver.Capabilities) { c.Options[0].Doc = "" })},
		{"has one language twice", "full", "Declare/Capabilities", declaring(func(c *driver.Capabilities) { c.Languages[1] = "en" })},
		{"gives roles to no keys", "bare", "Declare/Capabilities", declaring(func(c *driver.Capabilities) { c.APIKeyRoles = driver.Native })},
		{"accepts no names", "full", "Declare/Capabilities", declaring(func(c *driver.Capabilities) { c.Name = driver.NameRule{} })},
		{"declares what it does not have", "bare", "Declare/Interfaces", declaring(func(c *driver.Capabilities) { c.List, c.MaxPage = driver.Native, 1 })},
		{"hides what it has", "full", "Declare/Interfaces", declaring(func(c *driver.Capabilities) { c.TransferOwner = driver.None })},
		{"learns as it goes", "full", "Declare/Stable", func(f *fake) {
			n := 0
			declaring(func(c *driver.Capabilities) { n++; c.MaxDescriptionChars += n })(f)
		}},
		{"takes a description only later", "full", "Portable/Refuses", func(f *fake) {
			n := 0
			declaring(func(c *driver.Capabilities) {
				if n++; n == 1 {
					c.Description = driver.None
				}
			})(f)
		}},
		{"repeats creating", "full", "Declare/Operations", class(driver.OpCreate, policy.Idempotent)},
		{"repeats creating keys", "full", "Declare/Operations", class(driver.OpCreateAPIKey, policy.Idempotent)},
		{"calls deleting read-only", "full", "Declare/Operations Declare/Interfaces", class(driver.OpDelete, policy.ReadOnly)},
		{"calls reading a change", "full", "Declare/Operations", class(driver.OpAPIKeys, policy.Idempotent)},
	}
}

func wrongWorkspaces() []wrong {
	return []wrong{
		{"does not tell its own id", "bare", "Get/Own", func(f *fake) {
			told(&f.get, func(_ *driver.GetRequest, res *driver.GetResponse) { res.Workspace.ID = "" })
		}},
		{"is another workspace each time", "bare", "Get/Own", func(f *fake) {
			n := 0
			told(&f.get, func(_ *driver.GetRequest, res *driver.GetResponse) { n++; res.Workspace.ID = fmt.Sprint(n) })
		}},
		{"does not know its own id", "full", "Get/OwnByID", func(f *fake) {
			asked(&f.get, func(req *driver.GetRequest) { req.ID = strings.TrimSuffix(req.ID, "0") })
		}},
		{"echoes the id", "open", "Get/OtherThanOwn", func(f *fake) {
			told(&f.get, func(req *driver.GetRequest, res *driver.GetResponse) { res.Workspace.ID = req.ID })
		}},
		{"describes something without an id", "named", "Get/NoID", func(f *fake) { swallow(&f.get, errs.InvalidArgument) }},
		{"describes what is missing", "full", "Missing/EveryMethod Delete/Gone Portable/Life Errors/Typed", func(f *fake) { swallow(&f.get, errs.NotFound) }},
		{"updates what is missing", "full", "Missing/EveryMethod Delete/Gone", func(f *fake) { swallow(&f.update, errs.NotFound) }},
		{"calls a missing workspace forbidden", "full", "Missing/EveryMethod", func(f *fake) {
			failed(&f.setLimits, func(e *errs.Error) error { e.Code = errs.PermissionDenied; return e })
		}},

		{"changes names", "full", "Create/Tells Portable/Life", func(f *fake) {
			asked(&f.create, func(req *driver.CreateRequest) { req.Name = strings.ToUpper(req.Name) })
		}},
		{"makes up ids", "named", "Create/IDs", func(f *fake) {
			told(&f.create, func(req *driver.CreateRequest, res *driver.CreateResponse) { res.Workspace.ID = "1" + req.Name })
		}},
		{"numbers by the second", "full", "Create/IDs Concurrent/Create", func(f *fake) {
			told(&f.create, func(_ *driver.CreateRequest, res *driver.CreateResponse) {
				res.Workspace.ID = fmt.Sprint(time.Now().Unix())
			})
		}},
		{"replaces what is there", "named", "Create/Taken", func(f *fake) {
			f.account.caps.CreateReplaces = true
			declaring(func(c *driver.Capabilities) { c.CreateReplaces = false })(f)
		}},
		{"returns what is there", "full", "Create/Taken", func(f *fake) {
			right, made := f.create, map[string]*driver.CreateResponse{}
			f.create = func(ctx context.Context, req *driver.CreateRequest) (*driver.CreateResponse, error) {
				if old := made[req.Name]; old != nil {
					return old, nil
				}
				res, err := right(ctx, req)
				made[req.Name] = res
				return res, err
			}
		}},
		{"takes shorter names than declared", "full", "Create/NameLimit", func(f *fake) {
			f.account.caps.Name.MaxChars = 59
			declaring(func(c *driver.Capabilities) { c.Name.MaxChars = 60 })(f)
		}},
		{"counts bytes", "full", "Create/NameLimit", func(f *fake) {
			f.account.caps.Name.MaxBytes = 60
			declaring(func(c *driver.Capabilities) { c.Name.MaxBytes = 0 })(f)
		}},
		{"cuts long names", "full", "Create/NameOverLimit", func(f *fake) { asked(&f.create, func(req *driver.CreateRequest) { req.Name = cut(req.Name, 60) }) }},
		{"trims names", "full", "Create/OddNames", func(f *fake) {
			asked(&f.create, func(req *driver.CreateRequest) { req.Name = strings.TrimSpace(req.Name) })
		}},
		{"tells wrong times", "full", "Create/Times", func(f *fake) {
			told(&f.get, func(_ *driver.GetRequest, res *driver.GetResponse) { res.Workspace.CreatedAt = time.UnixMilli(1e6) })
		}},
		{"drops the description", "full", "Create/Description Create/DescriptionLimit", func(f *fake) { asked(&f.create, func(req *driver.CreateRequest) { req.Description = "" }) }},
		{"cuts the description", "full", "Create/DescriptionLimit", func(f *fake) {
			asked(&f.create, func(req *driver.CreateRequest) { req.Description = cut(req.Description, 30) })
		}},
		{"speaks one language", "full", "Create/Language", func(f *fake) { asked(&f.create, func(req *driver.CreateRequest) { req.Language = "en" }) }},
		{"takes any language", "full", "Create/UnknownLanguage", func(f *fake) {
			asked(&f.create, func(req *driver.CreateRequest) {
				if req.Language == "tlh" {
					req.Language = ""
				}
			})
		}},
		{"needs no option", "named", "Create/RequiredOption", func(f *fake) {
			asked(&f.create, func(req *driver.CreateRequest) {
				if len(req.Options) == 0 {
					req.Options = map[string]string{"plan": "free"}
				}
			})
		}},
		{"drops options", "full", "Create/UnknownOption", func(f *fake) { asked(&f.create, func(req *driver.CreateRequest) { req.Options = nil }) }},
		{"makes no key with it", "full", "Create/WithKey Portable/Life", func(f *fake) { asked(&f.create, func(req *driver.CreateRequest) { req.APIKeyName = "" }) }},
		{"always makes a key with it", "full", "Create/WithoutKey", func(f *fake) { asked(&f.create, func(req *driver.CreateRequest) { req.APIKeyName = "k" }) }},

		{"lists twice", "full", "List/Finds List/TellsAsGet", func(f *fake) {
			told(&f.list, func(_ *driver.ListRequest, res *driver.ListResponse) {
				res.Workspaces = append(res.Workspaces, res.Workspaces...)
			})
		}},
		{"lists the first page only", "full", "List/Pages List/Finds", func(f *fake) {
			told(&f.list, func(_ *driver.ListRequest, res *driver.ListResponse) { res.Cursor = "" })
		}},
		{"lists without descriptions", "full", "Create/Description Update/Description", func(f *fake) {
			told(&f.list, func(_ *driver.ListRequest, res *driver.ListResponse) {
				for i := range res.Workspaces {
					res.Workspaces[i].Description = ""
				}
			})
		}},
		{"lists under old names", "full", "List/TellsAsGet Update/Name", func(f *fake) {
			told(&f.list, func(_ *driver.ListRequest, res *driver.ListResponse) {
				for i := range res.Workspaces {
					res.Workspaces[i].Name = "old"
				}
			})
		}},
		{"lists from the start for any cursor", "full", "List/BadCursor", func(f *fake) {
			asked(&f.list, func(req *driver.ListRequest) {
				if !strings.HasPrefix(req.Cursor, "after:") {
					req.Cursor = ""
				}
			})
		}},

		{"renames nothing", "full", "Update/Name Update/Both", func(f *fake) { asked(&f.update, func(req *driver.UpdateRequest) { req.Name = nil }) }},
		{"clears what is not named", "full", "Update/Description", func(f *fake) {
			asked(&f.update, func(req *driver.UpdateRequest) {
				if req.Name == nil {
					name := "unnamed"
					req.Name = &name
				}
			})
		}},
		{"sets no empty description", "open", "Update/Description", func(f *fake) {
			asked(&f.update, func(req *driver.UpdateRequest) {
				if req.Description != nil && *req.Description == "" {
					req.Description = nil
				}
			})
		}},
		{"cuts a changed name", "full", "Update/NameOverLimit", func(f *fake) {
			asked(&f.update, func(req *driver.UpdateRequest) {
				if req.Name != nil {
					name := cut(*req.Name, 60)
					req.Name = &name
				}
			})
		}},
		{"cuts a changed description", "full", "Update/DescriptionLimit", func(f *fake) {
			asked(&f.update, func(req *driver.UpdateRequest) {
				if req.Description != nil {
					text := cut(*req.Description, 30)
					req.Description = &text
				}
			})
		}},
		{"changes one thing at a time", "full", "Update/Both", func(f *fake) {
			asked(&f.update, func(req *driver.UpdateRequest) {
				if req.Name != nil {
					req.Description = nil
				}
			})
		}},

		{"keeps what is deleted", "full", "Delete/Gone", func(f *fake) {
			f.remove = func(ctx context.Context, req *driver.DeleteRequest) (*driver.DeleteResponse, error) {
				_, err := f.get(ctx, &driver.GetRequest{ID: req.ID})
				return respond(&driver.DeleteResponse{}, err)
			}
		}},
		{"deletes what is missing", "full", "Delete/Again Portable/Life Missing/EveryMethod", func(f *fake) { swallow(&f.remove, errs.NotFound) }},
		{"deletes everything", "replacing", "Delete/NotOthers", func(f *fake) {
			told(&f.remove, func(*driver.DeleteRequest, *driver.DeleteResponse) { clear(f.account.spaces) })
		}},
	}
}
