module holdfast.dev/router-stand-in

go 1.24

require (
	github.com/xdg-go/scram v1.1.2
	go.mongodb.org/mongo-driver/v2 v2.3.0
	go.yaml.in/yaml/v3 v3.0.4
)

require (
	github.com/xdg-go/pbkdf2 v1.0.0 // indirect
	github.com/xdg-go/stringprep v1.0.4 // indirect
	golang.org/x/text v0.22.0 // indirect
)
