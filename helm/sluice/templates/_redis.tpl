{{/* The address of Redis; the password comes from the environment, by Kubernetes' own substitution. */}}
{{- define "sluice.redisUrl" -}}
{{- if include "sluice.bundledValkey" . -}}
redis://:$(REDIS_PASSWORD)@{{ include "sluice.fullname" . }}-valkey:6379
{{- else -}}
{{- $redis := .Values.redis }}
{{- $scheme := ternary "rediss" "redis" $redis.tls.enabled }}
{{- if ne $redis.topology "standalone" }}{{ $scheme = printf "%s+%s" $scheme $redis.topology }}{{ end }}
{{- $user := "" }}
{{- if $redis.password.existingSecret }}
{{- $user = printf "%s:$(REDIS_PASSWORD)@" (urlquery $redis.username | replace "+" "%20") }}
{{- end }}
{{- $path := "" }}
{{- if eq $redis.topology "sentinel" }}
{{- $path = printf "/%s" $redis.sentinelPrimary }}
{{- else if not (kindIs "invalid" $redis.database) }}
{{- $path = printf "/%v" $redis.database }}
{{- end }}
{{- $query := "" }}
{{- with $redis.prefix }}{{ $query = printf "?prefix=%s" (urlquery .) }}{{ end }}
{{- printf "%s://%s%s%s%s" $scheme $user (join "," $redis.hosts) $path $query }}
{{- end -}}
{{- end }}

{{/* Ports that a NetworkPolicy has to open, one a line. */}}
{{- define "sluice.redisPorts" -}}
{{- $default := ternary 26379 6379 (eq .Values.redis.topology "sentinel") }}
{{- $ports := .Values.networkPolicy.redisPorts }}
{{- if not $ports }}
{{- $ports = list }}
{{- range .Values.redis.hosts }}
{{- $port := regexFind ":[0-9]+$" . | trimPrefix ":" }}
{{- $ports = append $ports (int (default $default $port)) }}
{{- end }}
{{- /* sentinels, nodes: they name servers on the usual port */}}
{{- if or (not $ports) (ne .Values.redis.topology "standalone") }}{{ $ports = append $ports 6379 }}{{ end }}
{{- end }}
{{- range $ports | uniq }}
- { protocol: TCP, port: {{ . }} }
{{- end }}
{{- end }}
