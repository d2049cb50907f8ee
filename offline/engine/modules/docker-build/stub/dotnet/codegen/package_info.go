// Package codegen stands in for pulumi-dotnet, which the provider needs only to describe its .NET SDK in its schema.
package codegen

// CSharpPackageInfo holds the C# options of a schema: the fields that the provider fills in.
type CSharpPackageInfo struct {
	RespectSchemaVersion bool              `json:"respectSchemaVersion,omitempty"`
	PackageReferences    map[string]string `json:"packageReferences,omitempty"`
}
