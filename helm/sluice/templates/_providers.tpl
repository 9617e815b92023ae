{{/* Balancers pass TCP on as it is: TLS ends at the relay. */}}
{{- define "sluice.providerAnnotations" -}}
{{- $provider := .Values.service.provider }}
{{- $proxy := .Values.proxyProtocol.enabled }}
{{- if eq $provider "aws" }}
service.beta.kubernetes.io/aws-load-balancer-type: external
service.beta.kubernetes.io/aws-load-balancer-scheme: internet-facing
service.beta.kubernetes.io/aws-load-balancer-nlb-target-type: ip
service.beta.kubernetes.io/aws-load-balancer-backend-protocol: tcp
service.beta.kubernetes.io/aws-load-balancer-target-group-attributes: deregistration_delay.timeout_seconds={{ add .Values.drain.delaySeconds .Values.drain.seconds }}{{ if not $proxy }},preserve_client_ip.enabled=true{{ end }}
{{- if $proxy }}
service.beta.kubernetes.io/aws-load-balancer-proxy-protocol: "*"
{{- end }}
{{- else if eq $provider "azure" }}
service.beta.kubernetes.io/azure-load-balancer-tcp-idle-timeout: "30"
{{- else if eq $provider "digitalocean" }}
service.beta.kubernetes.io/do-loadbalancer-protocol: tcp
service.beta.kubernetes.io/do-loadbalancer-enable-proxy-protocol: {{ $proxy | quote }}
{{- else if eq $provider "gke" }}
cloud.google.com/l4-rbs: enabled
{{- else if eq $provider "hetzner" }}
load-balancer.hetzner.cloud/protocol: tcp
load-balancer.hetzner.cloud/uses-proxyprotocol: {{ $proxy | quote }}
{{- else if eq $provider "openstack" }}
loadbalancer.openstack.org/proxy-protocol: {{ $proxy | quote }}
{{- else if eq $provider "scaleway" }}
service.beta.kubernetes.io/scw-loadbalancer-proxy-protocol-v2: {{ $proxy | quote }}
{{- end }}
{{- end }}
