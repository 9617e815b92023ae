{{/* What a schema cannot say. Every message says what to do. */}}
{{- define "sluice.checks" -}}
{{- $redis := .Values.redis }}
{{- $isRedisGiven := or $redis.existingSecret $redis.hosts }}
{{- if and (not .Values.identity.existingSecret) (not .Values.identity.create) }}
{{- fail "an identity is needed: name its Secret in identity.existingSecret (sluice init makes one), or for a trial set identity.create=true" }}
{{- end }}
{{- if .Values.inMemory }}
{{- if $isRedisGiven }}{{ fail "inMemory keeps queues in one relay: remove redis.*, or set inMemory=false" }}{{ end }}
{{- if or (ne (int .Values.replicaCount) 1) .Values.autoscaling.enabled .Values.keda.enabled }}
{{- fail "inMemory keeps queues in one relay: set replicaCount=1 and no autoscaler" }}
{{- end }}
{{- else if .Values.valkey.enabled }}
{{- if $isRedisGiven }}{{ fail "there are two stores: set valkey.enabled=false to use redis.*" }}{{ end }}
{{- else if not $isRedisGiven }}
{{- fail "a store is needed: redis.existingSecret or redis.hosts; for a trial valkey.enabled=true, or inMemory=true" }}
{{- end }}
{{- if and $redis.hosts (not $redis.existingSecret) }}
{{- if and (eq $redis.topology "sentinel") (not $redis.sentinelPrimary) }}
{{- fail "redis.topology sentinel needs redis.sentinelPrimary, the name by which the sentinels know the primary" }}
{{- end }}
{{- if and (ne $redis.topology "standalone") (not (kindIs "invalid" $redis.database)) }}
{{- fail "redis.database is for redis.topology standalone" }}
{{- end }}
{{- if and (eq $redis.topology "standalone") (gt (len $redis.hosts) 1) }}
{{- fail "redis.topology standalone has one host: name one in redis.hosts, or set redis.topology" }}
{{- end }}
{{- if and $redis.username (not $redis.password.existingSecret) }}
{{- fail "redis.username needs redis.password.existingSecret" }}
{{- end }}
{{- end }}
{{- if and .Values.autoscaling.enabled .Values.keda.enabled }}
{{- fail "one autoscaler sets the number of relays: enable autoscaling or keda" }}
{{- end }}
{{- if and .Values.autoscaling.enabled (not (or .Values.autoscaling.cpuUtilization .Values.autoscaling.connectionsPerPod .Values.autoscaling.metrics)) }}
{{- fail "autoscaling needs a metric: cpuUtilization, connectionsPerPod or metrics" }}
{{- end }}
{{- if and .Values.keda.enabled (not (or .Values.keda.cpuUtilization .Values.keda.prometheus.serverAddress .Values.keda.triggers)) }}
{{- fail "keda needs a trigger: cpuUtilization, prometheus.serverAddress or triggers" }}
{{- end }}
{{- range $kind := list "autoscaling" "keda" }}
{{- $scaler := index $.Values $kind }}
{{- if and $scaler.enabled (gt (int $scaler.minReplicas) (int $scaler.maxReplicas)) }}
{{- fail (printf "%s.minReplicas is above %s.maxReplicas" $kind $kind) }}
{{- end }}
{{- end }}
{{- if and .Values.proxyProtocol.enabled (not .Values.proxyProtocol.from) }}
{{- fail "proxyProtocol.from is needed: the networks of the load balancer, as headers from anybody else must not count" }}
{{- end }}
{{- if and (or .Values.ingress.enabled .Values.gateway.httpRoute.enabled) (not .Values.web.plain.enabled) }}
{{- fail "ingress and gateway.httpRoute lead to the plain web port: set web.plain.enabled=true" }}
{{- end }}
{{- if and .Values.web.certificate.certManager.enabled (not .Values.web.certificate.certManager.issuerRef.name) }}
{{- fail "web.certificate.certManager.issuerRef.name is needed" }}
{{- end }}
{{- range $route := list "tcpRoute" "tlsRoute" "httpRoute" }}
{{- $given := index $.Values.gateway $route }}
{{- if and $given.enabled (not $given.parentRefs) }}{{ fail (printf "gateway.%s.parentRefs is needed" $route) }}{{ end }}
{{- end }}
{{- if and (or .Values.gateway.tlsRoute.enabled .Values.web.certificate.certManager.enabled) (not .Values.hosts) }}
{{- if not (or .Values.gateway.tlsRoute.hostnames .Values.web.certificate.certManager.dnsNames) }}
{{- fail "hosts is needed for routes and certificates by name" }}
{{- end }}
{{- end }}
{{- if and .Values.admin.enabled (not .Values.admin.existingSecret) }}
{{- fail "admin.existingSecret is needed: the API is served to who has its token" }}
{{- end }}
{{- if and .Values.metrics.podMonitor.enabled .Values.metrics.serviceMonitor.enabled }}
{{- fail "each relay would be scraped twice: enable metrics.podMonitor or metrics.serviceMonitor" }}
{{- end }}
{{- include "sluice.checkConfig" . }}
{{- end }}

{{- define "sluice.checkConfig" -}}
{{- $owned := dict
  "SLUICE_HOST" "hosts" "SLUICE_PORT" "service.ports" "SLUICE_DATA_DIR" "identity.existingSecret" "SLUICE_CONFIG" "liveConfig"
  "SLUICE_OPS_PORT" "metrics.port" "SLUICE_OPS_BIND" "metrics.port, as probes come from outside of the pod" "SLUICE_ADMIN_PORT" "admin" "SLUICE_ADMIN_BIND" "admin"
  "SLUICE_WS_PORT" "web.plain" "SLUICE_WEB_CERT" "web.certificate" "SLUICE_WEB_KEY" "web.certificate"
  "SLUICE_PROXY_PROTOCOL_FROM" "proxyProtocol" "SLUICE_REDIS_CA" "redis.tls.ca"
  "SLUICE_DRAIN_SECONDS" "drain.seconds" "SLUICE_DRAIN_DELAY_SECONDS" "drain.delaySeconds" }}
{{- $secret := dict
  "SLUICE_REDIS_URL" "redis" "SLUICE_REDIS_SENTINEL_PASSWORD" "redis.sentinelPassword.existingSecret"
  "SLUICE_CLUSTER_KEY" "clusterKey.existingSecret" "SLUICE_CREATE_PASSWORD" "createPassword.existingSecret"
  "SLUICE_ADMIN_TOKEN" "admin.existingSecret" "SLUICE_SOCKS_PROXY" "extraEnv, from a Secret" }}
{{- range $map := list "config" "liveConfig" }}
{{- range $name, $value := index $.Values $map }}
{{- with index $owned $name }}{{ fail (printf "%s.%s: use %s" $map $name .) }}{{ end }}
{{- with index $secret (trimSuffix "_FILE" $name) }}{{ fail (printf "%s.%s is a secret: use %s" $map $name .) }}{{ end }}
{{- end }}
{{- end }}
{{- range $name, $value := .Values.liveConfig }}
{{- if hasKey $.Values.config $name }}{{ fail (printf "%s is in config and in liveConfig, where it would have no effect" $name) }}{{ end }}
{{- end }}
{{- end }}
