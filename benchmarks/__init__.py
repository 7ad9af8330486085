"""What a user feels, timed: each module here measures one thing of ours beside the thing it is compared with."""
