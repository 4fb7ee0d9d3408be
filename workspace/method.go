package workspace

import (
	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/pipeline"
	"github.com/crosscloud-sdk/crosscloud/workspace/driver"
)

// methods are the methods of a driver, bound to their rows of the operation table.
type methods struct {
	get            pipeline.Method[driver.GetRequest, driver.GetResponse]
	create         pipeline.Method[driver.CreateRequest, driver.CreateResponse]
	list           pipeline.Method[driver.ListRequest, driver.ListResponse]
	update         pipeline.Method[driver.UpdateRequest, driver.UpdateResponse]
	remove         pipeline.Method[driver.DeleteRequest, driver.DeleteResponse]
	apiKeys        pipeline.Method[driver.APIKeysRequest, driver.APIKeysResponse]
	createAPIKey   pipeline.Method[driver.CreateAPIKeyRequest, driver.CreateAPIKeyResponse]
	deleteAPIKey   pipeline.Method[driver.DeleteAPIKeyRequest, driver.DeleteAPIKeyResponse]
	usageLimits    pipeline.Method[driver.UsageLimitsRequest, driver.UsageLimitsResponse]
	setUsageLimits pipeline.Method[driver.SetUsageLimitsRequest, driver.SetUsageLimitsResponse]
	transferOwner  pipeline.Method[driver.TransferOwnerRequest, driver.TransferOwnerResponse]
}

// writing are the operations that cannot be read-only.
var writing = []string{
	driver.OpCreate, driver.OpUpdate, driver.OpDelete, driver.OpCreateAPIKey, driver.OpDeleteAPIKey,
	driver.OpSetUsageLimits, driver.OpTransferOwner,
}

// bindMethods checks that a driver does what it declares.
func bindMethods(pipe *pipeline.Pipeline, drv driver.Service, caps *Capabilities) (methods, error) {
	t := pipeline.NewTable(pipe, drv.Operations(), writing)
	m := methods{get: pipeline.Bind(t, driver.OpGet, drv.Get)}
	creator, ok := drv.(driver.Creator)
	if t.Agrees("Create", "Creator", caps.Create, ok) {
		m.create = pipeline.Bind(t, driver.OpCreate, creator.Create)
	}
	lister, ok := drv.(driver.Lister)
	if t.Agrees("List", "Lister", caps.List, ok) {
		m.list = pipeline.Bind(t, driver.OpList, lister.List)
	}
	updater, ok := drv.(driver.Updater)
	if t.Agrees("Update", "Updater", caps.Update, ok) {
		m.update = pipeline.Bind(t, driver.OpUpdate, updater.Update)
	}
	deleter, ok := drv.(driver.Deleter)
	if t.Agrees("Delete", "Deleter", caps.Delete, ok) {
		m.remove = pipeline.Bind(t, driver.OpDelete, deleter.Delete)
	}
	keyLister, ok := drv.(driver.APIKeyLister)
	if t.Agrees("APIKeys", "APIKeyLister", caps.APIKeys, ok) {
		m.apiKeys = pipeline.Bind(t, driver.OpAPIKeys, keyLister.APIKeys)
	}
	keyCreator, ok := drv.(driver.APIKeyCreator)
	if t.Agrees("CreateAPIKey", "APIKeyCreator", caps.CreateAPIKey, ok) {
		m.createAPIKey = pipeline.Bind(t, driver.OpCreateAPIKey, keyCreator.CreateAPIKey)
	}
	keyDeleter, ok := drv.(driver.APIKeyDeleter)
	if t.Agrees("DeleteAPIKey", "APIKeyDeleter", caps.DeleteAPIKey, ok) {
		m.deleteAPIKey = pipeline.Bind(t, driver.OpDeleteAPIKey, keyDeleter.DeleteAPIKey)
	}
	limiter, ok := drv.(driver.UsageLimiter)
	if t.Agrees("UsageLimits", "UsageLimiter", caps.UsageLimits, ok) {
		m.usageLimits = pipeline.Bind(t, driver.OpUsageLimits, limiter.UsageLimits)
		m.setUsageLimits = pipeline.Bind(t, driver.OpSetUsageLimits, limiter.SetUsageLimits)
	}
	transferrer, ok := drv.(driver.OwnerTransferrer)
	if t.Agrees("TransferOwner", "OwnerTransferrer", caps.TransferOwner, ok) {
		m.transferOwner = pipeline.Bind(t, driver.OpTransferOwner, transferrer.TransferOwner)
	}
	if fault := incoherent(caps); fault != "" {
		t.Fail(errs.Refuse(errs.Internal, "the driver's capabilities contradict themselves: %s", fault))
	}
	return m, t.Err()
}

// incoherent says in what capabilities contradict themselves, "" if they do not.
func incoherent(c *Capabilities) string {
	switch {
	case c.Own == None && c.Get == None:
		return "neither Own nor Get"
	case c.Get == Emulated && c.Own == None:
		return "Get is Emulated without Own"
	case c.List != None && c.MaxPage < 1:
		return "List without MaxPage"
	case c.CreateReplaces && (!c.NamesAreIDs || c.Get != Native):
		return "CreateReplaces without a name by which to Get"
	case c.CreateAPIKeyWith != None && c.Create == None:
		return "CreateAPIKeyWith without Create"
	}
	return ""
}
