package cloudflare

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/wire"
)

// apiError is one of the reasons that a failed reply gives.
type apiError struct {
	Code    json.Number `json:"code"`
	Message string      `json:"message"`
	Chain   reasons     `json:"error_chain,omitempty"`
}

// reasons are those of a failed reply, as many as are looked at: a reply may claim a million.
type reasons []apiError

// How many reasons are read of a reply, or of a chain, and how deep chains go.
const (
	maxReasons = 8
	maxChains  = 3
)

var errReasons = errors.New("no list")

// UnmarshalJSON reads a list of reasons.
func (r *reasons) UnmarshalJSON(text []byte) (err error) {
	*r, err = decodeReasons(text, maxChains)
	return err
}

func decodeReasons(text []byte, depth int) (all reasons, err error) {
	if isNull(text) || depth == 0 {
		return nil, nil
	}
	d := json.NewDecoder(bytes.NewReader(text))
	if start, err := d.Token(); err != nil || start != json.Delim('[') {
		return nil, errReasons
	}
	for d.More() && len(all) < maxReasons {
		var one struct {
			Code    json.Number     `json:"code"`
			Message string          `json:"message"`
			Chain   json.RawMessage `json:"error_chain"`
		}
		if err := d.Decode(&one); err != nil {
			return nil, err
		}
		chain, err := decodeReasons(one.Chain, depth-1)
		if err != nil {
			return nil, err
		}
		all = append(all, apiError{Code: one.Code, Message: one.Message, Chain: chain})
	}
	return all, nil
}

// shown returns the reasons as they may be shown: without credentials, with texts of at most 1 KiB, and without any
// where the server may be quoting a value.
func (r reasons) shown(reply *wire.Response, texts bool) reasons {
	out := make(reasons, 0, len(r))
	for _, one := range r {
		clean := apiError{Code: json.Number(reply.Hidden.Code(one.Code.String())), Chain: one.Chain.shown(reply, texts)}
		if texts {
			clean.Message = errs.Printable(reply.Hidden.Redact(one.Message))
		}
		out = append(out, clean)
	}
	return out
}

// main picks the reason that says most: the first in the table, else the first.
func (r reasons) main() (apiError, rule) {
	for _, reason := range r {
		if known, ok := rules[reason.Code.String()]; ok {
			return reason, known
		}
	}
	if len(r) > 0 {
		return r[0], rule{}
	}
	return apiError{}, rule{}
}

// describe says what went wrong in our words and in those of the reasons.
func (r reasons) describe(ours string) string {
	var said []string
	if ours != "" {
		said = append(said, ours)
	}
	said = r.texts(said, len(said)+maxReasons)
	if len(said) == 0 {
		return vendorName + " refused the request"
	}
	return strings.Join(said, ": ")
}

// texts adds to said what the reasons say, with those in their chains.
func (r reasons) texts(said []string, most int) []string {
	for _, reason := range r {
		if len(said) == most {
			return said
		}
		if reason.Message != "" {
			said = append(said, reason.Message)
		}
		said = reason.Chain.texts(said, most)
	}
	return said
}
