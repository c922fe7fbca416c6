"""`python -m eventnet.scenarios.fusion.train --seed 0 --processes 2`: the trained weights that ship."""

from eventnet.scenarios.fusion.train.shipped import main

if __name__ == "__main__":
    main()
