{{/* Settings that are no secrets; a change of them makes new pods. */}}
{{- define "sluice.config" -}}
{{- $config := dict
  "SLUICE_HOST" (include "sluice.hosts" .)
  "SLUICE_PORT" "5223"
  "SLUICE_OPS_PORT" (toString .Values.metrics.port)
  "SLUICE_DATA_DIR" "/identity"
  "SLUICE_DRAIN_DELAY_SECONDS" (toString .Values.drain.delaySeconds)
  "SLUICE_DRAIN_SECONDS" (toString .Values.drain.seconds) }}
{{- if not .Values.inMemory }}
{{- $_ := set $config "SLUICE_CLUSTER_KEY_FILE" (printf "/secrets/cluster/%s" (include "sluice.clusterKeyKey" .)) }}
{{- end }}
{{- if and .Values.redis.existingSecret (not .Values.inMemory) }}
{{- $_ := set $config "SLUICE_REDIS_URL_FILE" (printf "/secrets/redis/%s" .Values.redis.key) }}
{{- end }}
{{- if .Values.redis.sentinelPassword.existingSecret }}
{{- $_ := set $config "SLUICE_REDIS_SENTINEL_PASSWORD_FILE" (printf "/secrets/sentinel/%s" .Values.redis.sentinelPassword.key) }}
{{- end }}
{{- if and .Values.redis.tls.enabled .Values.redis.tls.ca.existingSecret }}
{{- $_ := set $config "SLUICE_REDIS_CA" (printf "/secrets/redis-ca/%s" .Values.redis.tls.ca.key) }}
{{- end }}
{{- if .Values.createPassword.existingSecret }}
{{- $_ := set $config "SLUICE_CREATE_PASSWORD_FILE" (printf "/secrets/create/%s" .Values.createPassword.key) }}
{{- end }}
{{- if include "sluice.webSecret" . }}
{{- $_ := set $config "SLUICE_WEB_CERT" "/secrets/web/tls.crt" }}
{{- $_ := set $config "SLUICE_WEB_KEY" "/secrets/web/tls.key" }}
{{- end }}
{{- if .Values.web.plain.enabled }}
{{- $_ := set $config "SLUICE_WS_PORT" (toString .Values.web.plain.port) }}
{{- end }}
{{- if .Values.proxyProtocol.enabled }}
{{- $_ := set $config "SLUICE_PROXY_PROTOCOL_FROM" (join "," .Values.proxyProtocol.from) }}
{{- end }}
{{- if .Values.admin.enabled }}
{{- $_ := set $config "SLUICE_ADMIN_PORT" (toString .Values.admin.port) }}
{{- $_ := set $config "SLUICE_ADMIN_TOKEN_FILE" (printf "/secrets/admin/%s" .Values.admin.key) }}
{{- end }}
{{- if .Values.liveConfig }}
{{- $_ := set $config "SLUICE_CONFIG" "/settings/sluice.env" }}
{{- end }}
{{- range $name, $value := .Values.config }}
{{- $_ := set $config $name (include "sluice.settingText" $value) }}
{{- end }}
{{- range $name, $value := $config }}
{{ $name }}: {{ $value | quote }}
{{- end }}
{{- end }}

{{/* A whole number of YAML would become 1.8144e+06. */}}
{{- define "sluice.settingText" -}}
{{- if and (kindIs "float64" .) (eq . (floor .)) }}{{ printf "%.0f" . }}{{ else }}{{ toString . }}{{ end }}
{{- end }}

{{/* Secrets that are mounted, as folder: Secret. */}}
{{- define "sluice.secretFolders" -}}
{{- if not .Values.inMemory }}
cluster: {{ include "sluice.clusterKeySecret" . }}
{{- with .Values.redis.existingSecret }}
redis: {{ . }}
{{- end }}
{{- with .Values.redis.sentinelPassword.existingSecret }}
sentinel: {{ . }}
{{- end }}
{{- if .Values.redis.tls.enabled }}
{{- with .Values.redis.tls.ca.existingSecret }}
redis-ca: {{ . }}
{{- end }}
{{- end }}
{{- end }}
{{- with .Values.createPassword.existingSecret }}
create: {{ . }}
{{- end }}
{{- with include "sluice.webSecret" . }}
web: {{ . }}
{{- end }}
{{- if .Values.admin.enabled }}
admin: {{ .Values.admin.existingSecret }}
{{- end }}
{{- end }}

{{- define "sluice.redisEnv" -}}
{{- $password := .Values.redis.password }}
{{- if include "sluice.bundledValkey" . }}
{{- $password = dict "existingSecret" (include "sluice.valkeySecret" .) "key" "redis-password" }}
{{- end }}
{{- if not (or .Values.inMemory .Values.redis.existingSecret) }}
{{- if $password.existingSecret }}
- name: REDIS_PASSWORD
  valueFrom: { secretKeyRef: { name: {{ $password.existingSecret }}, key: {{ $password.key }} } }
{{- end }}
- name: SLUICE_REDIS_URL
  value: {{ include "sluice.redisUrl" . | quote }}
{{- end }}
{{- end }}
