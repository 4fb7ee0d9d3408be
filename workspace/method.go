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
	m.create = pipeline.BindOptional(t, drv, "Create", caps.Create, driver.OpCreate, driver.Creator.Create)
	m.list = pipeline.BindOptional(t, drv, "List", caps.List, driver.OpList, driver.Lister.List)
	m.update = pipeline.BindOptional(t, drv, "Update", caps.Update, driver.OpUpdate, driver.Updater.Update)
	m.remove = pipeline.BindOptional(t, drv, "Delete", caps.Delete, driver.OpDelete, driver.Deleter.Delete)
	m.apiKeys = pipeline.BindOptional(t, drv, "APIKeys", caps.APIKeys, driver.OpAPIKeys, driver.APIKeyLister.APIKeys)
	m.createAPIKey = pipeline.BindOptional(t, drv, "CreateAPIKey", caps.CreateAPIKey, driver.OpCreateAPIKey, driver.APIKeyCreator.CreateAPIKey)
	m.deleteAPIKey = pipeline.BindOptional(t, drv, "DeleteAPIKey", caps.DeleteAPIKey, driver.OpDeleteAPIKey, driver.APIKeyDeleter.DeleteAPIKey)
	m.usageLimits = pipeline.BindOptional(t, drv, "UsageLimits", caps.UsageLimits, driver.OpUsageLimits, driver.UsageLimiter.UsageLimits)
	m.setUsageLimits = pipeline.BindOptional(t, drv, "UsageLimits", caps.UsageLimits, driver.OpSetUsageLimits, driver.UsageLimiter.SetUsageLimits)
	m.transferOwner = pipeline.BindOptional(t, drv, "TransferOwner", caps.TransferOwner, driver.OpTransferOwner, driver.OwnerTransferrer.TransferOwner)
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
