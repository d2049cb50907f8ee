// Package java stands in for pulumi-java, which the provider needs only to describe its Java SDK in its schema.
package java

// PackageInfo holds the Java options of a schema: the fields that the provider fills in.
type PackageInfo struct {
	BuildFiles                      string            `json:"buildFiles,omitempty"`
	GradleNexusPublishPluginVersion string            `json:"gradleNexusPublishPluginVersion,omitempty"`
	Dependencies                    map[string]string `json:"dependencies,omitempty"`
}
