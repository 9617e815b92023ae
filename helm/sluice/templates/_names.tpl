{{/* Names, labels and images. */}}
{{- define "sluice.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{/* Short enough for what is put behind it. */}}
{{- define "sluice.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 43 | trimSuffix "-" }}
{{- else if contains (include "sluice.name" .) .Release.Name }}
{{- .Release.Name | trunc 43 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name (include "sluice.name" .) | trunc 43 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{/* Never changes: selectors are immutable. COMPONENT tells the relays' pods from the others. */}}
{{- define "sluice.selector" -}}
app.kubernetes.io/name: {{ include "sluice.name" .root }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{- define "sluice.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{ include "sluice.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
app.kubernetes.io/part-of: sluice
{{- with .root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* metadata of an object: root, component, and name, labels, annotations, namespace where they differ. */}}
{{- define "sluice.metadata" -}}
name: {{ .name | default (include "sluice.fullname" .root) }}
namespace: {{ .namespace | default .root.Release.Namespace }}
labels:
  {{- include "sluice.labels" (dict "root" .root "component" (.component | default "relay")) | nindent 2 }}
  {{- with .labels }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- $annotations := merge (dict) (.annotations | default dict) .root.Values.commonAnnotations }}
{{- with $annotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "sluice.image" -}}
{{- $repository := .repository }}
{{- with .registry }}{{ $repository = printf "%s/%s" (trimSuffix "/" .) $repository }}{{ end }}
{{- if .digest }}{{ printf "%s@%s" $repository .digest }}{{ else }}{{ printf "%s:%s" $repository .tag }}{{ end }}
{{- end }}

{{- define "sluice.relayImage" -}}
{{- include "sluice.image" (merge (dict "tag" (default .Chart.AppVersion .Values.image.tag)) .Values.image) }}
{{- end }}

{{- define "sluice.serviceAccount" -}}
{{- if .Values.serviceAccount.create }}
{{- default (include "sluice.fullname" .) .Values.serviceAccount.name }}
{{- else }}
{{- default "default" .Values.serviceAccount.name }}
{{- end }}
{{- end }}

{{/* Names in the address; the first one is where tests and routes go. */}}
{{- define "sluice.hosts" -}}
{{- if .Values.hosts }}
{{- join "," .Values.hosts }}
{{- else }}
{{- printf "%s.%s.svc" (include "sluice.fullname" .) .Release.Namespace }}
{{- end }}
{{- end }}

{{/* Secrets: those that are given, or those that the Job of a trial makes. */}}
{{- define "sluice.identitySecret" -}}
{{- default (printf "%s-identity" (include "sluice.fullname" .)) .Values.identity.existingSecret }}
{{- end }}
{{- define "sluice.clusterKeySecret" -}}
{{- default (printf "%s-cluster-key" (include "sluice.fullname" .)) .Values.clusterKey.existingSecret }}
{{- end }}
{{- define "sluice.clusterKeyKey" -}}
{{- if .Values.clusterKey.existingSecret }}{{ .Values.clusterKey.key }}{{ else }}cluster-key{{ end }}
{{- end }}
{{- define "sluice.valkeySecret" -}}
{{- default (printf "%s-valkey" (include "sluice.fullname" .)) .Values.valkey.existingSecret }}
{{- end }}
{{- define "sluice.webSecret" -}}
{{- if .Values.web.certificate.existingSecret }}
{{- .Values.web.certificate.existingSecret }}
{{- else if .Values.web.certificate.certManager.enabled }}
{{- printf "%s-web" (include "sluice.fullname" .) }}
{{- end }}
{{- end }}

{{/* What the Job has to make, as arguments; empty: there is no Job. */}}
{{- define "sluice.secretsToMake" -}}
{{- if not .Values.identity.existingSecret }}
- --identity={{ include "sluice.identitySecret" . }}
- --authority={{ include "sluice.fullname" . }}-authority
{{- end }}
{{- if and (not .Values.inMemory) (not .Values.clusterKey.existingSecret) }}
- --cluster-key={{ include "sluice.clusterKeySecret" . }}
{{- end }}
{{- if and .Values.valkey.enabled (not .Values.inMemory) (not .Values.valkey.existingSecret) }}
- --redis-password={{ include "sluice.valkeySecret" . }}
{{- end }}
{{- end }}

{{- define "sluice.bundledValkey" -}}
{{- if and .Values.valkey.enabled (not .Values.inMemory) }}yes{{ end }}
{{- end }}
