"""What can be rehearsed: an app, a cloud assembly or a template, and how each is deployed."""
