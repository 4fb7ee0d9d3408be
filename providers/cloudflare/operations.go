package cloudflare

import (
	"time"

	kvdriver "github.com/crosscloud-sdk/crosscloud/kv/driver"
	"github.com/crosscloud-sdk/crosscloud/policy"
	"github.com/crosscloud-sdk/crosscloud/ratelimit"
)

// budgets are what every request spends, whatever it does (page "Rate limits" of the Cloudflare API): 1,200 requests in
// 5 minutes of the user, over all of the user's tokens and accounts, and 200 in a second of the address they come from.
// The wide margin costs a third of a percent, where going over costs 5 minutes without any answer.
func budgets(host, rateAccount string) []ratelimit.Budget {
	return []ratelimit.Budget{
		{Endpoint: host, Principal: rateAccount, Limits: []ratelimit.Limit{{N: 1200, Per: 5 * time.Minute, Margin: time.Second}}},
		{Endpoint: host, Limits: []ratelimit.Limit{{N: 200, Per: time.Second, Margin: ratelimit.DefaultMargin}}},
	}
}

// Operations is the operation table. The actions are named as in the vendor's Go package.
func (s *service) Operations() []policy.Operation {
	return s.table(
		policy.Operation{Name: kvdriver.OpListNamespaces, Action: "Namespaces.List", Idempotency: policy.ReadOnly},
		policy.Operation{Name: kvdriver.OpCreateNamespace, Action: "Namespaces.New", Idempotency: policy.NonIdempotent},
		policy.Operation{Name: kvdriver.OpGetNamespace, Action: "Namespaces.Get", Idempotency: policy.ReadOnly},
		// A second delivery may find the title taken, by the first one.
		policy.Operation{Name: kvdriver.OpRenameNamespace, Action: "Namespaces.Update", Idempotency: policy.NonIdempotent},
		policy.Operation{Name: kvdriver.OpDeleteNamespace, Action: "Namespaces.Delete", Idempotency: policy.Idempotent},
	)
}

// keyPace is one write a second to the same key (page "Workers KV limits"), as far as it is asked for. The keys of a
// namespace are told from others by its URL.
func (n *namespace) keyPace() ratelimit.Pace {
	if !n.service.paced {
		return ratelimit.Pace{}
	}
	return ratelimit.Pace{Endpoint: n.url.Host, Scope: n.url.EscapedPath(), Every: time.Second + ratelimit.DefaultMargin}
}

// Operations is the operation table. A put and a delete leave the same state however often they arrive; a time to
// live then counts from the last arrival.
func (n *namespace) Operations() []policy.Operation {
	pace := n.keyPace()
	return n.service.table(
		policy.Operation{Name: kvdriver.OpGet, Action: "Namespaces.Values.Get", Idempotency: policy.ReadOnly},
		policy.Operation{Name: kvdriver.OpInspect, Action: "Namespaces.Metadata.Get", Idempotency: policy.ReadOnly},
		policy.Operation{Name: kvdriver.OpPut, Action: "Namespaces.Values.Update", Idempotency: policy.Idempotent, KeyPace: pace},
		policy.Operation{Name: kvdriver.OpDelete, Action: "Namespaces.Values.Delete", Idempotency: policy.Idempotent, KeyPace: pace},
		policy.Operation{Name: kvdriver.OpList, Action: "Namespaces.Keys.List", Idempotency: policy.ReadOnly},
		policy.Operation{Name: kvdriver.OpGetBatch, Action: "Namespaces.BulkGet", Idempotency: policy.ReadOnly},
		policy.Operation{Name: kvdriver.OpPutBatch, Action: "Namespaces.BulkUpdate", Idempotency: policy.Idempotent, KeyPace: pace},
		policy.Operation{Name: kvdriver.OpDeleteBatch, Action: "Namespaces.BulkDelete", Idempotency: policy.Idempotent, KeyPace: pace},
	)
}

func (s *service) table(rows ...policy.Operation) []policy.Operation {
	for i := range rows {
		rows[i].Budgets = s.budgets
	}
	return rows
}
