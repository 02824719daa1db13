// Package guard counts the rows and bytes that flow back to a client, and says whether they may pass, must be held, or are stopped.
package guard
