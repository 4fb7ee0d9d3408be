package driver_test

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kms"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
	"github.com/crosscloud-sdk/crosscloud/policy"
)

// oneKey is a driver of an account with a single key, which it can describe, switch and delete.
type oneKey struct {
	mu  sync.Mutex
	key driver.KeyInfo
}

// Capabilities declares what there is beyond what every driver can: nothing but the names.
func (d *oneKey) Capabilities() driver.Capabilities {
	return driver.Capabilities{
		Vendor: "example", MaxPage: 100, Naming: driver.ByLabel, Details: driver.Native,
		DeletionDays: driver.Range{Min: 7, Max: 30}, DeletionNeedsDisabled: true,
	}
}

// Operations says of each method which action of the vendor's it sends, and whether it may be repeated.
func (d *oneKey) Operations() []policy.Operation {
	return []policy.Operation{
		{Name: driver.OpDescribeKey, Action: "DescribeKey", Idempotency: policy.ReadOnly},
		{Name: driver.OpListKeys, Action: "ListKeys", Idempotency: policy.ReadOnly},
		{Name: driver.OpEnableKey, Action: "EnableKey", Idempotency: policy.Idempotent},
		{Name: driver.OpDisableKey, Action: "DisableKey", Idempotency: policy.Idempotent},
		{Name: driver.OpScheduleDeletion, Action: "ScheduleKeyDeletion", Idempotency: policy.Idempotent},
		{Name: driver.OpCancelDeletion, Action: "CancelKeyDeletion", Idempotency: policy.Idempotent},
	}
}

// change does what one request does; a real driver sends it.
func (d *oneKey) change(id string, from, to driver.State) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case id != d.key.ID:
		return &errs.Error{Code: errs.NotFound, Outcome: errs.NotApplied, Message: "no such key"}
	case d.key.State != from:
		return &errs.Error{Code: errs.Conflict, Outcome: errs.NotApplied, Message: "the key is " + string(d.key.State)}
	}
	d.key.State = to
	return nil
}

func (d *oneKey) DescribeKey(_ context.Context, req *driver.DescribeKeyRequest) (*driver.DescribeKeyResponse, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if req.KeyID != d.key.ID {
		return nil, &errs.Error{Code: errs.NotFound, Message: "no such key"}
	}
	return &driver.DescribeKeyResponse{Key: d.key}, nil
}

func (d *oneKey) ListKeys(context.Context, *driver.ListKeysRequest) (*driver.ListKeysResponse, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return &driver.ListKeysResponse{Keys: []driver.KeyInfo{d.key}}, nil
}

func (d *oneKey) EnableKey(_ context.Context, req *driver.EnableKeyRequest) (*driver.EnableKeyResponse, error) {
	return &driver.EnableKeyResponse{}, d.change(req.KeyID, driver.Disabled, driver.Enabled)
}

func (d *oneKey) DisableKey(_ context.Context, req *driver.DisableKeyRequest) (*driver.DisableKeyResponse, error) {
	return &driver.DisableKeyResponse{}, d.change(req.KeyID, driver.Enabled, driver.Disabled)
}

func (d *oneKey) ScheduleDeletion(_ context.Context, req *driver.ScheduleDeletionRequest) (*driver.ScheduleDeletionResponse, error) {
	err := d.change(req.KeyID, driver.Disabled, driver.PendingDeletion)
	return &driver.ScheduleDeletionResponse{DeletionAt: time.Date(2026, 3, 1+req.Days, 0, 0, 0, 0, time.UTC)}, err
}

func (d *oneKey) CancelDeletion(_ context.Context, req *driver.CancelDeletionRequest) (*driver.CancelDeletionResponse, error) {
	return &driver.CancelDeletionResponse{}, d.change(req.KeyID, driver.PendingDeletion, driver.Disabled)
}

// A driver sends one request a method; what takes several is put together above it.
func Example() {
	ctx := context.Background()
	drv := &oneKey{key: driver.KeyInfo{ID: "k-1", Name: "orders", State: driver.Enabled}}
	service, err := kms.NewService(drv, kms.ServiceOptions{Provider: "example"})
	if err != nil {
		fmt.Println(err)
		return
	}
	key, err := service.KeyByName(ctx, "orders")
	if err != nil {
		fmt.Println(err)
		return
	}
	info, err := key.ScheduleDeletion(ctx, 30) // describes, disables, schedules, describes
	fmt.Println(info.State, info.DeletionAt.Format(time.DateOnly), err)

	_, err = service.CreateKey(ctx, "carts")
	fmt.Println(err)
	// Output:
	// PendingDeletion 2026-03-31 <nil>
	// example kms.CreateKey "carts": Unsupported: this provider has no such operation: its capability Create is None
}
