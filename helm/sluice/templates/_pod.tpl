{{/* Parts of pods. */}}
{{/* 288 is 0440, which not every parser reads as octal. Only these three files: should the Secret hold a ca.key, no relay gets it. */}}
{{- define "sluice.identityVolume" -}}
secret:
  secretName: {{ include "sluice.identitySecret" . }}
  defaultMode: 288
  items:
    - { key: ca.crt, path: ca.crt }
    - { key: server.crt, path: server.crt }
    - { key: server.key, path: server.key }
{{- end }}

{{- define "sluice.placement" -}}
{{- with .Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with .Values.runtimeClassName }}
runtimeClassName: {{ . }}
{{- end }}
{{- with .Values.dnsConfig }}
dnsConfig:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- if .Values.affinity }}
affinity:
  {{- tpl (toYaml .Values.affinity) . | nindent 2 }}
{{- else if ne .Values.podAntiAffinity "none" }}
affinity:
  podAntiAffinity:
    {{- if eq .Values.podAntiAffinity "hard" }}
    requiredDuringSchedulingIgnoredDuringExecution:
      - topologyKey: kubernetes.io/hostname
        labelSelector:
          matchLabels:
            {{- include "sluice.selector" (dict "root" . "component" "relay") | nindent 12 }}
        # of one version: an update may put a new relay beside an old one
        matchLabelKeys: [pod-template-hash]
    {{- else }}
    preferredDuringSchedulingIgnoredDuringExecution:
      - weight: 100
        podAffinityTerm:
          topologyKey: kubernetes.io/hostname
          labelSelector:
            matchLabels:
              {{- include "sluice.selector" (dict "root" . "component" "relay") | nindent 14 }}
    {{- end }}
{{- end }}
topologySpreadConstraints:
  {{- if .Values.topologySpreadConstraints }}
  {{- tpl (toYaml .Values.topologySpreadConstraints) . | nindent 2 }}
  {{- else }}
  {{- range $key := list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
  - topologyKey: {{ $key }}
    maxSkew: 1
    whenUnsatisfiable: ScheduleAnyway
    matchLabelKeys: [pod-template-hash]
    labelSelector:
      matchLabels:
        {{- include "sluice.selector" (dict "root" $ "component" "relay") | nindent 8 }}
  {{- end }}
  {{- end }}
{{- end }}
