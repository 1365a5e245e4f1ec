package main

// readiness decides from a hello reply whether a member counts as ready, and names its state.
//
// A member without a replica set configuration is ready: nobody could initiate the set if its members had to be
// initiated before they count.
//
// https://www.mongodb.com/docs/manual/reference/command/hello/
func readiness(reply document) (state string, ready bool) {
	switch {
	case !reply.truth("ok"):
		return "hello failed: " + reply.text("errmsg"), false
	case reply.text("msg") == "isdbgrid":
		return "mongos", true
	case reply.truth("isreplicaset"), reply.text("setName") == "":
		return "not initiated yet", true
	case reply.truth("isWritablePrimary"):
		return "PRIMARY", true
	case reply.truth("secondary"):
		return "SECONDARY", true
	case reply.truth("arbiterOnly"):
		return "ARBITER", true
	default:
		return "neither PRIMARY, SECONDARY nor ARBITER of " + reply.text("setName"), false
	}
}
