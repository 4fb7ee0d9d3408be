package tencent

import (
	"context"
	"time"

	sdk "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/kms/v20190118"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
)

// EnableKey lets a disabled key be used again.
func (s *keyService) EnableKey(ctx context.Context, r *driver.EnableKeyRequest) (*driver.EnableKeyResponse, error) {
	if err := s.change(ctx, actionEnable, r.KeyID); err != nil {
		return nil, err
	}
	return &driver.EnableKeyResponse{}, nil
}

// DisableKey stops the use of a key.
func (s *keyService) DisableKey(ctx context.Context, r *driver.DisableKeyRequest) (*driver.DisableKeyResponse, error) {
	if err := s.change(ctx, actionDisable, r.KeyID); err != nil {
		return nil, err
	}
	return &driver.DisableKeyResponse{}, nil
}

// ScheduleDeletion sets the day on which a disabled key is deleted.
func (s *keyService) ScheduleDeletion(ctx context.Context, r *driver.ScheduleDeletionRequest) (*driver.ScheduleDeletionResponse, error) {
	if err := checkText("key id", r.KeyID); err != nil {
		return nil, err
	}
	res := &driver.ScheduleDeletionResponse{}
	body := &sdk.ScheduleKeyDeletionRequestParams{KeyId: &r.KeyID, PendingWindowInDays: new(uint64(r.Days))}
	var reply struct {
		head
		DeletionDate *uint64
	}
	err := s.send(ctx, actionSchedule, body, &reply, func() string {
		if reply.DeletionDate == nil || !areTimes(reply.DeletionDate) {
			return "lacks the DeletionDate"
		}
		res.DeletionAt = unixTime(reply.DeletionDate)
		return ""
	})
	if err != nil {
		return nil, err
	}
	return res, nil
}

// CancelDeletion takes a scheduled deletion back.
func (s *keyService) CancelDeletion(ctx context.Context, r *driver.CancelDeletionRequest) (*driver.CancelDeletionResponse, error) {
	if err := checkText("key id", r.KeyID); err != nil {
		return nil, err
	}
	var reply struct {
		head
		KeyID string `json:"KeyId"`
	}
	err := s.send(ctx, actionCancel, &keyRequest{r.KeyID}, &reply, func() string {
		if reply.KeyID == "" {
			return "lacks the KeyId"
		}
		return ""
	})
	if err != nil {
		return nil, err
	}
	return &driver.CancelDeletionResponse{}, nil
}

// Rename gives a key another name.
func (s *keyService) Rename(ctx context.Context, r *driver.RenameRequest) (*driver.RenameResponse, error) {
	if err := checkText("key id or name", r.KeyID, r.NewName); err != nil {
		return nil, err
	}
	if err := s.send(ctx, actionRename, &sdk.UpdateAliasRequestParams{KeyId: &r.KeyID, Alias: &r.NewName}, &head{}, nil); err != nil {
		return nil, err
	}
	return &driver.RenameResponse{}, nil
}

// SetDescription replaces the description of a key. That an empty one clears it is unconfirmed.
func (s *keyService) SetDescription(ctx context.Context, r *driver.SetDescriptionRequest) (*driver.SetDescriptionResponse, error) {
	if err := checkText("key id or description", r.KeyID, r.Description); err != nil {
		return nil, err
	}
	body := &sdk.UpdateKeyDescriptionRequestParams{KeyId: &r.KeyID, Description: &r.Description}
	if err := s.send(ctx, actionSetDescription, body, &head{}, nil); err != nil {
		return nil, err
	}
	return &driver.SetDescriptionResponse{}, nil
}

// GetRotation reads the description of the key, which tells more than the action that is there for it.
func (s *keyService) GetRotation(ctx context.Context, r *driver.GetRotationRequest) (res *driver.GetRotationResponse, err error) {
	err = s.describe(ctx, r.KeyID, func(m *metadata, _ driver.KeyInfo) (fault string) {
		res, fault = m.rotation()
		return fault
	})
	if err != nil {
		return nil, err
	}
	return res, nil
}

// SetRotation switches rotation on, with its period, or off.
func (s *keyService) SetRotation(ctx context.Context, r *driver.SetRotationRequest) (*driver.SetRotationResponse, error) {
	err := checkText("key id", r.KeyID)
	switch {
	case err != nil:
	case r.Enabled:
		body := &sdk.EnableKeyRotationRequestParams{KeyId: &r.KeyID, RotateDays: new(uint64(r.Days))}
		err = s.send(ctx, actionEnableRotation, body, &head{}, nil)
	default:
		err = s.change(ctx, actionDisableRotation, r.KeyID)
	}
	if err != nil {
		return nil, err
	}
	return &driver.SetRotationResponse{}, nil
}

// RotateNow has the material renewed a while later; once in 24 hours.
func (s *keyService) RotateNow(ctx context.Context, r *driver.RotateNowRequest) (*driver.RotateNowResponse, error) {
	if err := checkText("key id", r.KeyID); err != nil {
		return nil, err
	}
	var reply struct {
		head
		TaskID string `json:"TaskId"`
	}
	err := s.send(ctx, actionRotate, &keyRequest{r.KeyID}, &reply, func() string {
		if reply.TaskID == "" {
			return "lacks the TaskId"
		}
		return ""
	})
	if err != nil {
		return nil, err
	}
	return &driver.RotateNowResponse{}, nil
}

// ImportParameters returns what material must be wrapped with, good for 24 hours.
func (s *keyService) ImportParameters(ctx context.Context, r *driver.ImportParametersRequest) (*driver.ImportParametersResponse, error) {
	if r.Wrapping != driver.RSAOAEPSHA256 {
		return nil, errs.Refuse(errs.Unsupported, "this provider does not take material wrapped with %q; it takes %s", string(r.Wrapping), driver.RSAOAEPSHA256)
	}
	if err := checkText("key id", r.KeyID); err != nil {
		return nil, err
	}
	body := &sdk.GetParametersForImportRequestParams{KeyId: &r.KeyID, WrappingAlgorithm: new(oaepSHA256), WrappingKeySpec: new("RSA_2048")}
	res := &driver.ImportParametersResponse{}
	var reply struct {
		head
		PublicKey         *string
		ImportToken       string
		ParametersValidTo *uint64
	}
	err := s.send(ctx, actionImportParams, body, &reply, func() string {
		key, ok := decodeBase64(reply.PublicKey)
		if !ok || len(key) == 0 || reply.ImportToken == "" || reply.ParametersValidTo == nil || !areTimes(reply.ParametersValidTo) {
			return "lacks the ImportToken, the ParametersValidTo, or a PublicKey in base64"
		}
		*res = driver.ImportParametersResponse{PublicKey: key, Token: []byte(reply.ImportToken), ExpiresAt: unixTime(reply.ParametersValidTo)}
		return ""
	})
	if err != nil {
		return nil, err
	}
	return res, nil
}

// lastValidTo is the latest time at which material can expire, in Unix seconds (page ImportKeyMaterial).
const lastValidTo = 2147443200

// ImportKeyMaterial gives a key its material.
func (s *keyService) ImportKeyMaterial(ctx context.Context, r *driver.ImportKeyMaterialRequest) (*driver.ImportKeyMaterialResponse, error) {
	token := string(r.Token)
	if err := checkText("key id or import token", r.KeyID, token); err != nil {
		return nil, err
	}
	body := &sdk.ImportKeyMaterialRequestParams{KeyId: &r.KeyID, EncryptedKeyMaterial: encodeBase64(r.Wrapped), ImportToken: &token}
	if !r.ExpiresAt.IsZero() {
		seconds := r.ExpiresAt.Unix()
		if seconds <= 0 || seconds > lastValidTo {
			return nil, errs.Refuse(errs.InvalidArgument, "the material would expire at %s; accepted is until %s",
				r.ExpiresAt.UTC().Format(time.RFC3339), time.Unix(lastValidTo, 0).UTC().Format(time.RFC3339))
		}
		body.ValidTo = new(uint64(seconds))
	}
	if err := s.send(ctx, actionImport, body, &head{}, nil); err != nil {
		return nil, err
	}
	return &driver.ImportKeyMaterialResponse{}, nil
}

// DeleteKeyMaterial takes imported material away.
func (s *keyService) DeleteKeyMaterial(ctx context.Context, r *driver.DeleteKeyMaterialRequest) (*driver.DeleteKeyMaterialResponse, error) {
	if err := s.change(ctx, actionDeleteMaterial, r.KeyID); err != nil {
		return nil, err
	}
	return &driver.DeleteKeyMaterialResponse{}, nil
}
