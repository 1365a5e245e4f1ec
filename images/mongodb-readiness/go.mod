module holdfast.dev/mongodb-readiness

go 1.24
